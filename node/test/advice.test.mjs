// What a newcomer does wrong first, and what the error says.
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { IncomingMessage } from 'node:http'
import { createRequire } from 'node:module'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runInNewContext } from 'node:vm'
import { Event, Verifier } from 'yuno-webhooks'
import { delivery, headers, sample, sign } from 'yuno-webhooks/testing'

const SECRET = 'a-test-secret'
const LOADER = fileURLToPath(new URL('../native.js', import.meta.url))
const VERIFIER = new Verifier({ hmacSecret: SECRET })

/** Wrong on purpose. @param {unknown} value @returns {any} */
const any = (value) => value

/** @param {RegExp} text */
const typeError = (text) => ({ name: 'TypeError', code: 'INVALID_ARGUMENT', message: text })

/** Runs the loader as it would run elsewhere. @param {object} process @param {(name: string) => unknown} load @param {string[]} files */
function loadOn(process, load, files) {
  const module = { exports: {} }
  const modules = { 'node:fs': { readdirSync: () => files }, 'node:path': { join: (/** @type {string[]} */ ...parts) => parts.join('/') } }
  const require = (/** @type {string} */ name) => Reflect.get(modules, name) ?? load(name)
  runInNewContext(readFileSync(LOADER, 'utf8'), { module, require, process, __dirname: '/package', Error, Object })
  return module.exports
}

/** @param {string} platform @param {string} arch @param {string} [glibc] */
const system = (platform, arch, glibc) => ({
  platform,
  arch,
  versions: { node: '20.0.0' },
  report: { getReport: () => ({ header: { glibcVersionRuntime: glibc } }) },
})

test('another platform than the build’s is told, and what to do', () => {
  const files = ['yuno-webhooks.linux-x64-gnu.node', 'native.js']
  const never = (/** @type {string} */ name) => assert.fail(`it asked for ${name}`)
  const text =
    /^this build of yuno-webhooks is for linux-x64-gnu; this is darwin-arm64, .*Build it here.*npm install --no-save && npm run build/
  assert.throws(() => loadOn(system('darwin', 'arm64'), never, files), { message: text, code: 'ERR_YUNO_WEBHOOKS_PLATFORM' })
  assert.throws(() => loadOn(system('win32', 'x64'), never, []), { message: /holds no addon; this is win32-x64/ })
  const broken = new Error('libc.so.6: not found')
  const fails = () => {
    throw broken
  }
  assert.throws(() => loadOn(system('linux', 'x64'), fails, files), {
    message: /is for linux-x64-gnu; this is linux-x64-musl/,
    cause: broken,
  })
})

test('the loader asks for the package’s own files, and for no package', () => {
  const asked = /** @type {string[]} */ ([])
  const load = (/** @type {string} */ name) => asked.push(name)
  loadOn(system('linux', 'x64', '2.36'), load, ['yuno-webhooks.darwin-arm64.node', 'yuno-webhooks.linux-x64-gnu.node', 'README.md'])
  assert.deepEqual(asked, ['/package/yuno-webhooks.linux-x64-gnu.node'])
})

test('a package without its addon says so', () => {
  const folder = mkdtempSync(join(tmpdir(), 'yuno-webhooks-empty-'))
  try {
    writeFileSync(join(folder, 'package.json'), '{}')
    cpSync(LOADER, join(folder, 'native.js'))
    assert.throws(() => createRequire(join(folder, 'a.js'))('./native.js'), { message: /holds no addon/ })
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('the secret under another name is named', () => {
  for (const name of ['secret', 'clientSecret', 'client_secret', 'key', 'hmac', 'HMAC', 'webhookSecret']) {
    assert.throws(() => new Verifier(any({ [name]: 's' })), typeError(/Did you mean hmacSecret\?/))
  }
  assert.throws(() => new Verifier(any({ xsecret: 's' })), typeError(/Did you mean xSecret\?/))
})

test('the request in the place of its headers is told', () => {
  const { body, headers: fields } = delivery('payment.purchase', { secret: SECRET })
  const incoming = new IncomingMessage(new Socket())
  Object.assign(incoming, { headers: fields })
  for (const request of [
    incoming,
    new Request('http://a', { method: 'POST', headers: fields }),
    { headers: fields },
    { headers: new Headers() },
  ]) {
    assert.throws(() => VERIFIER.verify(body, any(request)), typeError(/pass request\.headers, not request/))
  }
  assert.throws(() => VERIFIER.verify(body, { headers: 'a' }), { code: 'SIGNATURE_MISSING' })
  assert.throws(() => VERIFIER.verify(body, { headers: ['a'] }), { code: 'SIGNATURE_MISSING' })
})

test('a sample that cannot be made is a TypeError that names the argument and the choices', () => {
  /** @type {[any, any, RegExp][]} */
  const cases = [
    ['payment.purchse', {}, /"payment\.purchse" is no kind.*"payment\.purchase"/],
    [5, {}, /of the type number is no kind/],
    ['unknown', {}, /no sample of the kind "unknown"/],
    ['payment.purchase', { form: 'domain' }, /payment\.purchase has no form "domain", but enveloped, .*v1/],
    ['payment.purchase', { retry: -1 }, /retry must be a whole number/],
    ['payment.purchase', { retry: 2 ** 32 }, /retry must be a whole number/],
    ['payment.purchase', { retry: '1' }, /retry must be a whole number/],
    ['payment.purchase', { amount: 24.9 }, /amount must be a string of digits, such as "24\.90"/],
    ['payment.purchase', { amount: 'much' }, /amount/i],
    ['payment.purchase', { status: 5 }, /status must be a string/],
  ]
  for (const [kind, options, text] of cases) {
    assert.throws(() => sample(kind, options), typeError(text))
  }
  assert.throws(() => sign(Buffer.from('a'), any(5)), typeError(/secret/))
})

test('a limit above the ceiling says the ceiling', () => {
  for (const maxBodyBytes of [1e9, Number.POSITIVE_INFINITY]) {
    assert.throws(() => new Verifier({ hmacSecret: 's', maxBodyBytes }), { code: 'INVALID_LIMIT', message: /at most 64 MiB \(67108864\)/ })
  }
  assert.equal(new Verifier({ hmacSecret: 's', maxBodyBytes: 67_108_864 }).maxBodyBytes, 67_108_864)
})

test('everything has a form in JSON, with money as text', () => {
  const body = sample('payment.purchase', { id: 'p', amount: '24.90', merchantReference: 'order-1' })
  const event = VERIFIER.verify(body, headers(body, SECRET))
  const { amount, transaction, ...rest } = JSON.parse(JSON.stringify(event.resource))
  assert.deepEqual(amount, { value: '24.90', currency: 'USD', minorUnits: '2490' })
  assert.deepEqual(Object.keys(transaction), ['id', 'type', 'status', 'amount', 'updatedAt'])
  assert.deepEqual([rest.kind, rest.id, rest.merchantReference], ['payment', 'p', 'order-1'])
  assert.equal(`${event}`, 'Event(kind="payment.purchase", id="p", status="SUCCEEDED")')
  const bare = Event.parseUnverified(Buffer.from('{"payment":{"id":"p","amount":{"value":1.5,"currency":"XYZ"}}}'))
  assert.deepEqual(JSON.parse(JSON.stringify(bare.resource.amount)), { value: '1.5', currency: 'XYZ', minorUnits: null })
  assert.throws(
    () => VERIFIER.verify(body, {}),
    (/** @type {any} */ error) => JSON.stringify(error) === JSON.stringify({ name: error.name, code: error.code, message: error.message }),
  )
})
