// The loader of the addon: what it takes, on every platform, and what it says where there is nothing to take.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runInNewContext } from 'node:vm'
import { parts } from '../scripts/pack.mjs'

const LOADER = readFileSync(fileURLToPath(new URL('../native.js', import.meta.url)), 'utf8')
const VERSION = '1.2.3'
const CHECKOUT = { version: VERSION }
const RELEASED = { version: VERSION, optionalDependencies: Object.fromEntries(parts.map(({ name }) => [name, VERSION])) }
const ADDON = { version: () => VERSION }

/**
 * Runs the loader as it would run elsewhere: `has` gives each module that is there, and what fails to load as an error.
 *
 * @param {string} system @param {{ has?: Record<string, unknown>, manifest?: object, readable?: boolean }} [given]
 */
function loadOn(system, { has = {}, manifest = RELEASED, readable = true } = {}) {
  const [platform, arch, abi] = system.split('-')
  const asked = /** @type {string[]} */ ([])
  const module = { exports: /** @type {unknown} */ ({}) }
  const modules = {
    'node:fs': {
      readdirSync: () => ['native.js', ...Object.keys(has).flatMap((name) => /^\/package\/(.*)/.exec(name)?.[1] ?? [])],
      openSync: (/** @type {string} */ file) => assert(readable && file === '/node'),
      readSync: (/** @type {unknown} */ _, /** @type {Buffer} */ head) =>
        head.write(`...${abi === 'musl' ? '/lib/ld-musl-' : '/lib64/ld-linux-'}...`, 700),
      closeSync: () => {},
    },
    'node:path': { join: (/** @type {string[]} */ ...parts) => parts.join('/') },
    './package.json': manifest,
  }
  const require = (/** @type {string} */ name) => {
    if (name in modules) return Reflect.get(modules, name)
    asked.push(name)
    const found = has[name] ?? Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' })
    if (found instanceof Error) throw found
    return found
  }
  const process = { platform, arch, execPath: '/node', versions: { node: '20.0.0' } }
  let error
  try {
    runInNewContext(LOADER, { module, require, process, __dirname: '/package', Buffer, Error, Object })
  } catch (thrown) {
    error = /** @type {Error & { code: string }} */ (thrown)
  }
  return { addon: module.exports, asked, error: { code: error?.code, message: error?.message ?? '', cause: error?.cause } }
}

for (const { name, target } of parts) {
  test(`${target} takes its own package, and asks for no other`, () => {
    const has = Object.fromEntries(parts.map((part) => [part.name, { ...ADDON, name: part.name }]))
    const { addon, asked } = loadOn(target, { has })
    assert.deepEqual([addon, asked], [has[name], [name]])
    assert.deepEqual(loadOn(target).asked, [name])
  })
}

test('a program whose file may not be read is taken for one of glibc', () => {
  assert.deepEqual(loadOn('linux-x64-musl', { readable: false }).asked, ['@yuno-webhooks/linux-x64-gnu'])
})

test('a system without a package asks for none', () => {
  for (const system of ['freebsd-x64', 'linux-arm', 'linux-riscv64', 'darwin-ia32', 'win32-ia32', 'sunos-x64']) {
    const { asked, error } = loadOn(system)
    assert.deepEqual([asked, error.code], [[], 'ERR_YUNO_WEBHOOKS_PLATFORM'])
    assert.match(error.message, /holds no addon; this is .*Build it here.*npm install --no-save && npm run build/)
  }
})

test('the addon beside the loader comes first', () => {
  const has = { '/package/yuno-webhooks.linux-x64-gnu.node': ADDON, '/package/yuno-webhooks.darwin-arm64.node': ADDON }
  assert.deepEqual(loadOn('linux-x64', { has }).asked, ['/package/yuno-webhooks.linux-x64-gnu.node'])
  const both = { '/package/yuno-webhooks.linux-x64-gnu.node': {}, '/package/yuno-webhooks.linux-x64-musl.node': ADDON }
  assert.equal(loadOn('linux-x64-musl', { has: both }).addon, ADDON)
  // Of a compiler that names its targets otherwise.
  assert.equal(loadOn('win32-x64', { has: { '/package/yuno-webhooks.win32-x64-gnu.node': ADDON } }).addon, ADDON)
})

test('an addon beside the loader that does not load here, or is for another platform, is told', () => {
  const broken = new Error('libc.so.6: not found')
  const has = { '/package/yuno-webhooks.linux-x64-gnu.node': broken }
  const { error } = loadOn('linux-x64-musl', { has, manifest: CHECKOUT })
  assert.deepEqual([error.code, error.cause], ['ERR_YUNO_WEBHOOKS_PLATFORM', broken])
  assert.match(error.message, /^this build of yuno-webhooks is for linux-x64-gnu; this is linux-x64-musl, Node 20\.0\.0\. Build it here/)
  assert.match(loadOn('darwin-arm64', { has, manifest: CHECKOUT }).error.message, /is for linux-x64-gnu; this is darwin-arm64/)
})

test('a package that is not installed is told, and how it is installed', () => {
  const { error } = loadOn('linux-arm64-musl')
  assert.equal(error.code, 'ERR_YUNO_WEBHOOKS_PLATFORM')
  assert.match(
    error.message,
    /@yuno-webhooks\/linux-arm64-musl is not installed.*--omit=optional.*delete node_modules and package-lock\.json/,
  )
  assert.match(error.message, /npm install --os=linux --cpu=arm64 --libc=musl\./)
  assert.match(loadOn('darwin-x64').error.message, /npm install --os=darwin --cpu=x64\./)
})

test('a package that does not load is told, and why', () => {
  const cause = new Error('version `GLIBC_2.17’ not found')
  const { error } = loadOn('linux-x64', { has: { '@yuno-webhooks/linux-x64-gnu': cause } })
  assert.match(error.message, /Its package @yuno-webhooks\/linux-x64-gnu does not load: version `GLIBC_2\.17’ not found\./)
  assert.deepEqual([error.code, error.cause], ['ERR_YUNO_WEBHOOKS_PLATFORM', cause])
})

test('an addon of another release is refused', () => {
  for (const name of ['@yuno-webhooks/linux-x64-gnu', '/package/yuno-webhooks.linux-x64-gnu.node']) {
    const { addon, error } = loadOn('linux-x64', { has: { [name]: { version: () => '1.2.2' } } })
    assert.deepEqual([addon, error.code], [{}, 'ERR_YUNO_WEBHOOKS_VERSION'])
    assert.match(
      error.message,
      /^yuno-webhooks 1\.2\.3 found an addon of the release 1\.2\.2\..*npm install; in a checkout run npm run build\.$/,
    )
  }
})
