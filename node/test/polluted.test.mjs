// What somebody put on the prototypes of the language configures nothing, and code that it runs reaches no freed memory.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { Event, PayloadError, Reply, Verifier } from 'yuno-webhooks'
import { headers, sample } from 'yuno-webhooks/testing'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const BODY = sample('payment.purchase')

/** @param {Record<string, unknown>} members @param {() => void} check */
function polluted(members, check) {
  try {
    Object.assign(Object.prototype, members)
    check()
  } finally {
    for (const name of Object.keys(members)) {
      Reflect.deleteProperty(Object.prototype, name)
    }
  }
}

/** @param {string} code */
const coded = (code) => (/** @type {{ code?: string }} */ error) => error.code === code

test('an option on Object.prototype is no option', () => {
  polluted({ apiKey: ['evil'] }, () => {
    assert.throws(() => new Verifier({ unsigned: true }), coded('NO_CREDENTIALS'))
    assert.throws(() => new Verifier({ unsigned: true, apiKey: undefined }), coded('NO_CREDENTIALS'))
  })
  polluted({ hmacSecret: 'evil' }, () => assert.throws(() => new Verifier({ apiKey: 'k' }), coded('NO_SIGNATURE_SECRET')))
  polluted({ unsigned: true, apiKey: 'evil' }, () => assert.throws(() => new Verifier({}), coded('NO_SIGNATURE_SECRET')))
  polluted({ maxBodyBytes: 1 }, () => assert.equal(new Verifier({ hmacSecret: 's' }).maxBodyBytes, 2 * 1024 * 1024))
  polluted({ contentEncoding: 'gzip' }, () => new Verifier({ hmacSecret: 's' }).admit({}))
})

test('a variable on Object.prototype is no variable', () => {
  polluted({ YUNO_WEBHOOK_HMAC_SECRET: 'evil' }, () => {
    assert.throws(() => Verifier.fromEnv(), coded('NO_SIGNATURE_SECRET'))
    assert.throws(() => Verifier.fromEnv({}), coded('NO_SIGNATURE_SECRET'))
  })
})

test('an unreadable delivery is not acknowledged because of Object.prototype', () => {
  const verifier = new Verifier({ hmacSecret: 's' })
  const body = Buffer.from('[]')
  try {
    verifier.verify(body, headers(body, 's'))
    assert.fail('it was read')
  } catch (error) {
    assert(error instanceof PayloadError)
    polluted({ stored: true }, () => {
      assert.equal(Reply.toError(error).status, 400)
      assert.equal(Reply.toError(error, {}).status, 400)
    })
  }
})

test('options that are not its own members are refused, not overlooked', () => {
  class Options {
    hmacSecret = 's'
  }
  assert.throws(() => new Verifier(new Options()), coded('INVALID_ARGUMENT'))
  assert.throws(() => new Verifier(Object.create({ hmacSecret: 's' })), coded('INVALID_ARGUMENT'))
  const requiredHeaders = Object.create({ 'x-tenant': 'shop' })
  assert.throws(() => new Verifier({ hmacSecret: 's', requiredHeaders }), coded('INVALID_ARGUMENT'))
  assert.equal(new Verifier(Object.assign(Object.create(null), { hmacSecret: 's' })).maxBodyBytes, 2 * 1024 * 1024)
})

test('code that runs while the headers are read cannot free the body', () => {
  const program = `
    const { Verifier } = require('yuno-webhooks')
    const buffer = new ArrayBuffer(1 << 20, { maxByteLength: 1 << 20 })
    const verifier = new Verifier({ hmacSecret: 's' })
    const signature = 'A'.repeat(43) + '='
    Object.defineProperty(Array.prototype, '1', { set() {}, get() { buffer.resize(0); return signature } })
    try { verifier.verify(new Uint8Array(buffer), { 'x-hmac-signature': signature }) } catch { process.exitCode = 3 }
  `
  const { status, signal } = spawnSync(process.execPath, ['-e', program], { cwd: PACKAGE, encoding: 'utf8' })
  assert.deepEqual([status, signal], [3, null])
})

test('what is printed of an event holds no character that a terminal acts upon', () => {
  const odd = '\u009b2J\u202eevil\u2028x\u0085\u007f\u200b'
  const body = JSON.stringify({ type_event: 'payment.purchase', data: { payment: { id: odd, status: odd } } })
  const text = inspect(Event.parseUnverified(Buffer.from(body)))
  assert.doesNotMatch(text, /[\u007f-\u009f\p{Cf}\u2028\u2029]/u)
  assert.match(text, /evil/)
})

test('an event cannot be given other fields', () => {
  const event = Event.parseUnverified(BODY)
  assert.throws(() => Object.defineProperty(event, 'kind', { value: 'other' }), TypeError)
  assert.throws(() => Object.defineProperty(event.resource, 'status', { value: 'other' }), TypeError)
})
