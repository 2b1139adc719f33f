// Packs the package and lets publint and attw look at what npm would publish. Neither needs a network.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'yuno-webhooks-packed-'))

/** @param {string} command @param {string[]} words */
const run = (command, ...words) => execFileSync(command, words, { cwd: PACKAGE, stdio: ['ignore', 'inherit', 'inherit'] })

try {
  run('npm', 'pack', '--silent', '--pack-destination', folder)
  const tarball = join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '')
  run('npx', '--no', '--', 'publint', 'run', tarball, '--strict')
  run('npx', '--no', '--', 'attw', tarball, '--profile', 'strict', '--no-definitely-typed')
} finally {
  rmSync(folder, { recursive: true, force: true })
}
