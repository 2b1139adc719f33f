// Packs the package, installs the tarball into an empty project and tests it from there.
import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))

const lines = execFileSync('npm', ['pack', '--silent'], { cwd: PACKAGE, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim()
const tarball = join(PACKAGE, lines.split('\n').at(-1) ?? '')
const env = { ...process.env, YUNO_TARBALL: tarball }
const { status } = spawnSync(process.execPath, ['--test', join('test', 'package.test.mjs')], { cwd: PACKAGE, env, stdio: 'inherit' })
console.log(tarball)
process.exitCode = status ?? 1
