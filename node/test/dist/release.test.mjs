// A release, to a registry on this machine: packed, published, and installed as a user installs it. The addons of the other platforms are no addons.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { NPM } from '../../scripts/npm.mjs'
import { pack, parts } from '../../scripts/pack.mjs'
import { here } from '../here.mjs'
import { startRegistry } from './registry.mjs'

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'yuno-webhooks-release-'))
after(() => rmSync(root, { recursive: true, force: true }))
const addons = join(root, 'addons')
const tarballs = join(root, 'tarballs')
const registry = await startRegistry({ refuses: 'yuno-webhooks' })
/** A cache for each of the two sides: npm would take what it published from its own. @param {string} side */
const flags = (side) => [`--registry=${registry.address}`, `--cache=${join(root, side)}`, '--fetch-retries=0', '--no-audit', '--no-fund']
const { version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8'))

/** Runs a program, and gives what it wrote. It fails with it. @param {string} command @param {string[]} words */
async function run(command, words, { cwd = PACKAGE, env = {} } = {}) {
  // Not those that `npm run` sets: they would be of this package.
  const own = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('npm_config_') && name !== 'GITHUB_REF_NAME'),
  )
  const { stdout, stderr } = await promisify(execFile)(command, words, { cwd, env: { ...own, ...env } })
  return stdout + stderr
}

/** @param {string} cwd @param {string} words */
function npm(cwd, words) {
  const [command, ...before] = NPM
  return run(command, [...before, ...words.split(' '), ...flags('user')], { cwd })
}

/** An empty project. @param {string} name */
function project(name) {
  const folder = join(root, name)
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), '{ "private": true }')
  return folder
}

/** Receives a delivery with what is installed in a project; gives the version, or how it failed. @param {string} folder */
async function receive(folder) {
  const text = `const { Verifier, version } = require('yuno-webhooks')
const { delivery } = require('yuno-webhooks/testing')
const { body, headers } = delivery('payment.purchase', { secret: 's' })
console.log(version, new Verifier({ hmacSecret: 's' }).verify(body, headers).kind)`
  writeFileSync(join(folder, 'receive.cjs'), text)
  return run(process.execPath, ['receive.cjs'], { cwd: folder })
}

/** @param {string} folder */
const installed = (folder) => readdirSync(join(folder, 'node_modules', '@yuno-webhooks'))

before(async () => {
  mkdirSync(addons)
  for (const { target } of parts) {
    const file = `yuno-webhooks.${target}.node`
    target === here.target ? copyFileSync(join(PACKAGE, file), join(addons, file)) : writeFileSync(join(addons, file), 'not an addon')
  }
  assert.deepEqual(pack(tarballs, { addons }), [...parts.map(({ name }) => name), 'yuno-webhooks'])
})

test('the workflow builds each part', () => {
  const workflow = readFileSync(join(PACKAGE, '..', '.github', 'workflows', 'release.yml'), 'utf8')
  const targets = [...workflow.matchAll(/- \{ target: ([\w-]+),/g)].map((match) => match[1])
  assert.deepEqual(
    targets,
    parts.map(({ triple }) => triple),
  )
})

test('a release without an address, an addon or the right tag is refused', async () => {
  const words = [join(PACKAGE, 'scripts', 'pack.mjs'), join(root, 'refused'), '--release']
  const wrong = await run(process.execPath, words, { env: { GITHUB_REF_NAME: 'v0.0.0' } }).catch(({ stderr }) => stderr)
  assert.match(wrong, /cannot be released:/)
  assert.match(wrong, /the addons for .* are missing\. Build each with napi build --target/)
  assert.match(wrong, /the tag v0\.0\.0 is not of the release/)
  const { repository } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8'))
  assert.equal(/no "repository", which provenance needs\. Add/.test(wrong), repository === undefined)
  assert(!existsSync(join(root, 'refused')))
})

test('the folder itself is not published', async () => {
  await assert.rejects(npm(PACKAGE, 'publish --dry-run --provenance=false'), /Publish what scripts\/pack\.mjs packs/)
})

test('the parts are published first, and what broke off is taken up again', async () => {
  // As the workflow writes it.
  const config = join(root, 'npmrc')
  writeFileSync(config, `${registry.address.replace('http:', '')}:_authToken=\${NPM_TOKEN}`)
  const words = [tarballs, `--userconfig=${config}`, '--provenance=false', ...flags('owner')]
  const publish = () => run(process.execPath, [join(PACKAGE, 'scripts', 'publish.mjs'), ...words], { env: { NPM_TOKEN: 'a' } })
  await assert.rejects(publish())
  const names = [...parts.map(({ name }) => name), 'yuno-webhooks']
  assert.deepEqual(
    registry.log.splice(0),
    names.map((name) => `PUT ${name}`),
  )
  delete registry.state.refuses
  assert.match(await publish(), new RegExp(`${here.name}@${version} is published already`))
  assert.deepEqual(registry.log.splice(0), ['PUT yuno-webhooks'])
})

test('npm installs exactly the part of this platform', async () => {
  const folder = project('plain')
  await npm(folder, 'install yuno-webhooks')
  assert.deepEqual(installed(folder), [here.target])
  assert.deepEqual(registry.log.map((line) => /^GET (.*)\/-\//.exec(line)?.[1]).sort(), [here.name, 'yuno-webhooks'])
  assert.equal(await receive(folder), `${version} payment.purchase\n`)
  // What is of another platform is not looked at.
  const other = join(folder, 'node_modules', '@yuno-webhooks', parts.find(({ name }) => name !== here.name)?.target ?? '')
  mkdirSync(other)
  writeFileSync(join(other, 'index.js'), 'throw new Error("it was loaded")')
  assert.equal(await receive(folder), `${version} payment.purchase\n`)
})

test('a lock file that was made on another platform gives an error whose own words mend it', async () => {
  const folder = project('elsewhere')
  const { os, cpu, target } = parts.find((part) => part.os[0] !== process.platform) ?? here
  await npm(folder, `install yuno-webhooks --os=${os} --cpu=${cpu}`)
  assert.deepEqual(installed(folder), [target])
  const { stderr } = await receive(folder).catch((error) => error)
  assert.match(stderr, /code: 'ERR_YUNO_WEBHOOKS_PLATFORM'/)
  const [, words = ''] = /npm (install --os=.*?)\. /.exec(stderr) ?? []
  await npm(folder, words)
  assert.equal(await receive(folder), `${version} payment.purchase\n`)
})

test('without optional packages it is an error whose own words mend it', async () => {
  const folder = project('without')
  await npm(folder, 'install yuno-webhooks --omit=optional')
  const { stderr } = await receive(folder).catch((error) => error)
  assert.match(
    stderr,
    new RegExp(`${here.name} is not installed.*--omit=optional.*delete node_modules and package-lock.json and run npm install`),
  )
  rmSync(join(folder, 'node_modules'), { recursive: true })
  rmSync(join(folder, 'package-lock.json'))
  await npm(folder, 'install')
  assert.equal(await receive(folder), `${version} payment.purchase\n`)
})

test('a part of another release is refused', async () => {
  const folder = project('mixed')
  await npm(folder, 'install yuno-webhooks')
  const file = join(folder, 'node_modules', 'yuno-webhooks', 'package.json')
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), version: '99.0.0' }))
  const { stderr } = await receive(folder).catch((error) => error)
  assert.match(stderr, /yuno-webhooks 99\.0\.0 found an addon of the release .*\n/)
  assert.match(stderr, /code: 'ERR_YUNO_WEBHOOKS_VERSION'/)
})
