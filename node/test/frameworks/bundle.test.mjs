// Bundles made by esbuild: with the package external, with the addon's package external, and with everything but the addon, which is copied beside
// the bundle.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { npm } from '../../scripts/npm.mjs'
import { pack, tarball } from '../../scripts/pack.mjs'
import { here } from '../here.mjs'

const ENTRY = `import { Receiver, Verifier } from 'yuno-webhooks'
import { handler } from 'yuno-webhooks/fetch'
import { delivery } from 'yuno-webhooks/testing'
const post = handler(new Receiver(new Verifier({ hmacSecret: 's' }), { fallback: () => {} }))
const one = delivery('payment.purchase', { secret: 's' })
Promise.all([one, one.forged()].map((each) => post(each.request()))).then((all) => console.log(String(all.map((each) => each.status))))`
const HERE = fileURLToPath(new URL('.', import.meta.url))
const PACKAGE = fileURLToPath(new URL('../..', import.meta.url))
const inside = mkdtempSync(join(HERE, '.readme-'))
const outside = mkdtempSync(join(tmpdir(), 'yuno-webhooks-bundle-'))
after(() => {
  for (const folder of [inside, outside]) rmSync(folder, { recursive: true, force: true })
})

const bundle = (outfile, options) =>
  build({ stdin: { contents: ENTRY, resolveDir: HERE }, outfile, bundle: true, platform: 'node', logLevel: 'error', ...options })
const run = (file) => execFileSync(process.execPath, [file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()

for (const format of ['cjs', 'esm']) {
  test(`a bundle with the package external, as ${format}`, async () => {
    const file = join(inside, format === 'cjs' ? 'a.cjs' : 'a.mjs')
    await bundle(file, { format, external: ['yuno-webhooks'] })
    assert.equal(run(file), '200,401')
  })
}

test('a bundle of everything, with the addon beside it', async () => {
  const file = join(outside, 'a.cjs')
  await bundle(file, { format: 'cjs' })
  assert.throws(
    () => run(file),
    (error) => /copy its \.node file beside the bundle/.test(error.stderr),
  )
  for (const name of readdirSync(PACKAGE).filter((name) => name.endsWith('.node'))) copyFileSync(join(PACKAGE, name), join(outside, name))
  assert.equal(run(file), '200,401')
})

test('a bundle of a release, with the packages of the addons external', async () => {
  const tarballs = join(outside, 'tarballs')
  const project = join(outside, 'project')
  pack(tarballs)
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{ "private": true }')
  npm(['install', '--offline', ...['yuno-webhooks', here.name].map((name) => tarball(tarballs, name))], project)
  const file = join(project, 'a.cjs')
  await bundle(file, { format: 'cjs', external: ['@yuno-webhooks/*'], stdin: { contents: ENTRY, resolveDir: project } })
  rmSync(join(project, 'node_modules', 'yuno-webhooks'), { recursive: true })
  assert.equal(run(file), '200,401')
})
