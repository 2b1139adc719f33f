// Packs what is published: one package for each addon in the folder of this package, and the main package, which names all of them and holds none.
//
//   node scripts/pack.mjs FOLDER            what is here, for a trial
//   node scripts/pack.mjs FOLDER --release  everything, or nothing
//
// The CLI of napi builds the addons and knows the targets, but does not pack: `napi create-npm-dirs` can name a package only after the main one
// (yuno-webhooks-linux-x64-gnu, which anybody could take before us), and `napi pre-publish` writes optionalDependencies into the package.json of the
// checkout, where `npm install` would ask a registry for what is not published yet.
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseTriple } from '@napi-rs/cli'
import { npm } from './npm.mjs'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const LICENCES = ['LICENSE-MIT', 'LICENSE-APACHE']
const LIBC = /** @type {Record<string, string>} */ ({ gnu: 'glibc', musl: 'musl' })

const { scripts: _scripts, devDependencies: _tools, napi, ...manifest } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8'))
const { version, license, engines, publishConfig, repository } = manifest

/** The packages of the platforms, and what npm installs each by. Only the owner of a scope can publish a name in it. */
export const parts = /** @type {string[]} */ (napi.targets).map((triple) => {
  const { platformArchABI: target, platform, arch, abi } = parseTriple(triple)
  const libc = LIBC[abi ?? '']
  return { triple, target, name: `@yuno-webhooks/${target}`, os: [platform], cpu: [arch], ...(libc && { libc: [libc] }) }
})

/** Where npm puts the tarball of a package. @param {string} folder @param {string} name */
export const tarball = (folder, name) => join(folder, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`)

/**
 * Packs into a folder, and gives the names of the packages in the order in which they are to be published.
 *
 * @param {string} folder @param {{ addons?: string, release?: boolean }} [options]
 */
export function pack(folder, { addons = PACKAGE, release = false } = {}) {
  const addon = (/** @type {string} */ target) => `yuno-webhooks.${target}.node`
  const isHere = (/** @type {{ target: string }} */ { target }) => existsSync(join(addons, addon(target)))
  const here = parts.filter(isHere)
  if (release) {
    const missing = parts.filter((part) => !isHere(part))
    checkRelease(missing.map(({ target }) => target))
  }
  mkdirSync(folder, { recursive: true })
  for (const { triple: _, target, name, ...platform } of here) {
    const main = addon(target)
    const description = `The native part of yuno-webhooks for ${target}. It is installed with yuno-webhooks, not by itself.`
    const own = {
      name,
      version,
      description,
      license,
      repository,
      publishConfig,
      type: 'commonjs',
      engines,
      ...platform,
      main,
      files: [main, ...LICENCES],
    }
    packOne(folder, own, (staged) => copyFileSync(join(addons, main), join(staged, main)))
  }
  const files = /** @type {string[]} */ (manifest.files).filter((name) => name !== '*.node')
  const optionalDependencies = Object.fromEntries(parts.map(({ name }) => [name, version]))
  packOne(folder, { ...manifest, files, optionalDependencies }, (staged) => {
    for (const name of files.filter((one) => !LICENCES.includes(one))) {
      cpSync(join(PACKAGE, name), join(staged, name), { recursive: true })
    }
  })
  return [...here, manifest].map(({ name }) => /** @type {string} */ (name))
}

/** @param {string} folder @param {object} own @param {(staged: string) => void} fill */
function packOne(folder, own, fill) {
  const staged = mkdtempSync(join(tmpdir(), 'yuno-webhooks-staged-'))
  try {
    writeFileSync(join(staged, 'package.json'), `${JSON.stringify(own, null, 2)}\n`)
    for (const name of LICENCES) {
      copyFileSync(join(PACKAGE, '..', name), join(staged, name))
    }
    fill(staged)
    npm(['pack', '--silent', '--pack-destination', resolve(folder)], staged)
  } finally {
    rmSync(staged, { recursive: true, force: true })
  }
}

/** @param {string[]} missing */
function checkRelease(missing) {
  const tag = process.env.GITHUB_REF_NAME
  const wrong = [
    // The project has no public address yet. npm refuses provenance for a package that does not name the repository of the workflow that publishes it.
    repository === undefined &&
      'node/package.json has no "repository", which provenance needs. Add the address of the project’s public repository, the one whose workflow ' +
        'publishes: "repository": { "type": "git", "url": "git+https://...", "directory": "node" }.',
    missing.length > 0 &&
      `the addons for ${missing.join(', ')} are missing. Build each with napi build --target, and put it beside package.json.`,
    readFileSync(join(PACKAGE, 'README.md'), 'utf8').includes('not published yet') &&
      'node/README.md says that it is not published yet. Write how it is installed.',
    tag !== undefined && tag !== `v${version}` && `the tag ${tag} is not of the release ${version}. Set the version, and tag v${version}.`,
  ].filter((one) => one !== false)
  if (wrong.length > 0) {
    throw new Error(`this cannot be released:\n- ${wrong.join('\n- ')}`)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder = '', option] = process.argv.slice(2)
  for (const name of pack(folder, { release: option === '--release' })) {
    console.log(tarball(folder, name))
  }
}
