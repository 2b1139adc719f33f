// Runs the adapters' tests under the real frameworks; test/frameworks holds them, so that building the package does not download them.
import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const FRAMEWORKS = join(PACKAGE, 'test', 'frameworks')

execFileSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--silent'], { cwd: FRAMEWORKS, stdio: 'inherit' })
const own = join(FRAMEWORKS, 'node_modules', 'yuno-webhooks')
rmSync(own, { force: true })
symlinkSync(PACKAGE, own, 'junction')

const tests = readdirSync(FRAMEWORKS).filter((name) => name.endsWith('.test.mjs'))
const runs = [
  [process.execPath, ['--test', '--test-concurrency=4', '--test-timeout=120000', '--test-reporter=dot', ...tests]],
  [process.execPath, [join(PACKAGE, 'node_modules', 'typescript', 'bin', 'tsc'), '--project', '.']],
]
for (const [command, words] of /** @type {[string, string[]][]} */ (runs)) {
  if (spawnSync(command, words, { cwd: FRAMEWORKS, stdio: 'inherit' }).status !== 0) {
    process.exitCode = 1
  }
}
