// Runs the tests on the other releases of Node that the package is for, and a receiver on Bun and Deno; test/runtimes holds them.
import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const RUNTIMES = join(PACKAGE, 'test', 'runtimes')
const installed = (/** @type {string[]} */ ...parts) => join(RUNTIMES, 'node_modules', ...parts)

/** @param {string} cwd @param {string} command @param {string[]} words */
function run(cwd, command, ...words) {
  if (spawnSync(command, words, { cwd, stdio: 'inherit' }).status !== 0) {
    process.exitCode = 1
  }
}

execFileSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--silent'], { cwd: RUNTIMES, stdio: 'inherit' })
rmSync(installed('yuno-webhooks'), { force: true })
symlinkSync(PACKAGE, installed('yuno-webhooks'), 'junction')
const tests = readdirSync(join(PACKAGE, 'test')).filter((name) => name.endsWith('.test.mjs'))

for (const name of ['node22', 'node24']) {
  const node = installed(name, 'bin', 'node')
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()
  if (!version.startsWith(`v${name.slice(4)}.`)) {
    throw new Error(`${name} is ${version}`)
  }
  console.log(`\n${version}`)
  run(PACKAGE, node, '--test', '--test-concurrency=4', ...tests.map((test) => join('test', test)))
}

// What a receiver needs of Deno; --allow-ffi loads the addon.
const permissions = ['--allow-ffi', '--allow-read', '--allow-env', '--allow-net']
console.log('\nBun')
run(RUNTIMES, installed('.bin', 'bun'), 'anywhere.mjs')
console.log('\nDeno')
run(RUNTIMES, installed('.bin', 'deno'), 'run', ...permissions, 'anywhere.mjs')
