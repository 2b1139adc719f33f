// Lets publint and attw look at what npm would publish: the tarballs in a folder, or those that it packs. Neither needs a network.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { npm } from './npm.mjs'
import { pack, tarball } from './pack.mjs'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const [given] = process.argv.slice(2)
const folder = given ?? mkdtempSync(join(tmpdir(), 'yuno-webhooks-packed-'))

/** A tool of this package. @param {string[]} words */
const run = (...words) => npm(['exec', '--no', '--', ...words], PACKAGE, ['ignore', 'inherit', 'inherit'])

try {
  if (given === undefined) {
    pack(folder)
  }
  for (const name of readdirSync(folder)) {
    run('publint', 'run', join(folder, name), '--strict')
  }
  // The parts have no types: nobody imports them but the loader.
  run('attw', tarball(folder, 'yuno-webhooks'), '--profile', 'strict', '--no-definitely-typed')
} finally {
  if (given === undefined) {
    rmSync(folder, { recursive: true, force: true })
  }
}
