// What a newcomer does wrong first, and what the error says.
import assert from 'node:assert/strict'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { Event, Verifier } from 'yuno-webhooks'
import { delivery, headers, sample, sign } from 'yuno-webhooks/testing'

const SECRET = 'a-test-secret'
const VERIFIER = new Verifier({ hmacSecret: SECRET })

/** Wrong on purpose. @param {unknown} value @returns {any} */
const any = (value) => value

/** @param {RegExp} text */
const typeError = (text) => ({ name: 'TypeError', code: 'INVALID_ARGUMENT', message: text })

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

test('a secret that is given for the options is told its name, and not shown', () => {
  assert.throws(
    () => new Verifier(any('the-client-secret')),
    typeError(/^The options of Verifier must be a plain object, as in new Verifier\(\{ hmacSecret: \.\.\. \}\)\.$/),
  )
})

test('of several secrets the error names the one that is refused', () => {
  assert.throws(() => new Verifier({ hmacSecret: ['the-client-secret', ''] }), {
    code: 'INVALID_SECRET',
    message: /^INVALID_SECRET: hmac_secret\[1\] is refused\. It is empty\. (?!.*the-client-secret)/,
    hint: 'hmac_secret[1] is refused. It is empty.',
  })
})

test('a limit out of range says the range', () => {
  for (const maxBodyBytes of [1e9, Number.POSITIVE_INFINITY, 0, -1, 0.5, Number.NaN]) {
    assert.throws(() => new Verifier({ hmacSecret: 's', maxBodyBytes }), {
      code: 'INVALID_LIMIT',
      message: /at least 1 and at most 64 MiB \(67108864\)/,
    })
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
