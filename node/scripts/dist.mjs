// Packs the main package and the parts whose addons are here, lets publint and attw look at them, installs them into empty projects and tests them
// from there. The release runs it on every platform.
import { execFileSync } from 'node:child_process'
import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pack, tarball } from './pack.mjs'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const FOLDER = fileURLToPath(new URL('../../target/npm', import.meta.url))

rmSync(FOLDER, { recursive: true, force: true })
const names = pack(FOLDER)
const tests = [
  'package.test.mjs',
  ...readdirSync(join(PACKAGE, 'test', 'dist'))
    .filter((name) => name.endsWith('.test.mjs'))
    .map((name) => join('dist', name)),
]
const runs = [
  [join('scripts', 'check-package.mjs'), FOLDER],
  ['--test', ...tests.map((name) => join('test', name))],
]
for (const words of runs) {
  execFileSync(process.execPath, words, { cwd: PACKAGE, env: { ...process.env, YUNO_TARBALLS: FOLDER }, stdio: 'inherit' })
}
for (const name of names) {
  const file = tarball(FOLDER, name)
  console.log(`${file}: ${Math.ceil(statSync(file).size / 1024)} KiB`)
}
