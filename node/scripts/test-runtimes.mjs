// Runs the tests on the other releases of Node that the package is for; test/runtimes holds them.
import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const RUNTIMES = join(PACKAGE, 'test', 'runtimes')

execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: RUNTIMES, stdio: 'inherit' })
const tests = readdirSync(join(PACKAGE, 'test')).filter((name) => name.endsWith('.test.mjs'))

for (const name of ['node22', 'node24']) {
  const node = join(RUNTIMES, 'node_modules', name, 'bin', 'node')
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()
  if (!version.startsWith(`v${name.slice(4)}.`)) {
    throw new Error(`${name} is ${version}`)
  }
  console.log(`\n${version}`)
  const { status } = spawnSync(node, ['--test', ...tests.map((test) => join('test', test))], { cwd: PACKAGE, stdio: 'inherit' })
  if (status !== 0) {
    process.exitCode = 1
  }
}
