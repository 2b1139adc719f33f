// The receiver by itself: what it takes as handlers, and what it answers whatever they do.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { Receiver, Verifier } from 'yuno-webhooks'
import { delivery, headers, sign } from 'yuno-webhooks/testing'

const SECRET = 'a-test-secret'
const VERIFIER = new Verifier({ hmacSecret: SECRET })
const PURCHASE = delivery('payment.purchase', { secret: SECRET })

/** Wrong on purpose. @param {unknown} value @returns {any} */
const any = (value) => value
const ignore = () => {}

/** @param {RegExp} text */
const typeError = (text) => ({ name: 'TypeError', code: 'INVALID_ARGUMENT', message: text })

/** @param {Partial<import('yuno-webhooks').ReceiverOptions>} [options] */
const make = (options) => new Receiver(VERIFIER, { fallback: ignore, ...options })

/** @param {Receiver} receiver @param {{ body: Uint8Array, headers: any }} one */
const status = async (receiver, { body, headers: fields } = PURCHASE) => (await receiver.receive(body, fields)).status

test('a receiver is made of a verifier and a fallback', () => {
  assert.throws(() => new Receiver(any({}), { fallback: ignore }), typeError(/Verifier\.fromEnv\(\)/))
  assert.throws(() => new Receiver(VERIFIER, any(undefined)), typeError(/fallback must be a function.*does not know/))
  assert.throws(() => make(any({ fallback: 5 })), typeError(/fallback/))
  assert.throws(() => make(any({ onUnreadable: 5 })), typeError(/onUnreadable/))
  assert.throws(() => make(any({ onUnreadble: ignore })), typeError(/Did you mean onUnreadable\?/))
  assert.throws(() => make(any({ fallback: function* () {} })), typeError(/generator/))
  assert.equal(make().maxBodyBytes, 2 << 20)
})

test('a handler is one kind’s, or several kinds’, once', () => {
  const receiver = make().on('payment.purchase', ignore).on(['payment.refund', 'payment.capture'], ignore)
  assert.throws(() => receiver.on('payment.refund', ignore), typeError(/"payment\.refund" has a handler already/))
  assert.throws(() => receiver.on(['payout.payout', 'payout.payout'].map(any), ignore), typeError(/already/))
  assert.throws(() => receiver.on(any('payment.purchse'), ignore), typeError(/"payment\.purchse".*"payment\.purchase"\?/))
  assert.throws(() => receiver.on(any('subscription.canceled_'), ignore), typeError(/"subscription\.cancel"\?/))
  assert.throws(() => receiver.on(any(5), ignore), typeError(/catalog\(\)/))
  assert.throws(() => receiver.on('payment.verify', any('ignore')), typeError(/handler must be a function/))
})

test('sync or async, what a handler throws asks for another try and is reported', async (t) => {
  const log = t.mock.method(console, 'error', ignore)
  const failure = new Error('away')
  /** @type {any[]} */
  const handlers = [
    () => {
      throw failure
    },
    async () => {
      throw failure
    },
    () => Promise.reject(failure),
  ]
  for (const handler of handlers) {
    assert.equal(await status(make().on('payment.purchase', handler)), 503)
  }
  for (const { arguments: words } of log.mock.calls) {
    assert.match(words[1], /the handler of payment\.purchase failed, key y1-/)
    assert.equal(words[2], failure)
  }
  assert.equal(log.mock.callCount(), 3)
})

test('an observer that fails changes no answer', async (t) => {
  const log = t.mock.method(console, 'error', ignore)
  const raise = async () => assert.fail('the log is away')
  const receiver = make({ fallback: raise, onError: raise, onRefused: raise })
  assert.deepEqual([await status(receiver), await status(receiver, PURCHASE.forged())], [503, 401])
  await setImmediate()
  assert.equal(log.mock.callCount(), 2)
})

test('without onRefused the process is warned of each reason, once', async (t) => {
  const emit = t.mock.method(process, 'emitWarning', ignore)
  const receiver = make()
  for (const one of [PURCHASE.forged(), PURCHASE.forged(), PURCHASE.unsigned(), PURCHASE.tampered()]) {
    assert.equal(await status(receiver, one), 401)
  }
  receiver.admit({ contentLength: '99999999' })
  const list = Buffer.from('[1]')
  assert.equal(await status(receiver, { body: list, headers: headers(list, SECRET) }), 400)
  const given = emit.mock.calls.map(({ arguments: [text, options] }) => [text, any(options)])
  assert.deepEqual(
    given.map(([text]) => /refused: (\w+): .*This is told once.*onRefused\.$/.exec(text)?.[1]),
    ['SIGNATURE_MISMATCH', 'SIGNATURE_MISSING', 'BODY_TOO_LARGE', 'BODY_NOT_OBJECT'],
  )
  assert.deepEqual(given[0]?.[1], { type: 'YunoWebhooksWarning', code: 'YUNO_WEBHOOKS_REFUSED' })
  assert.match(given[0]?.[0], /check that the secret is this webhook's own client secret/)
  await status(make(), PURCHASE.forged())
  await status(make({ onRefused: ignore }), PURCHASE.forged())
  assert.equal(emit.mock.callCount(), 5)
})

test('a body that could not be stored is asked for again', async () => {
  /** @type {any[]} */
  const told = []
  const body = Buffer.from('[1]')
  const fields = headers(body, SECRET)
  const onUnreadable = async () => assert.fail('the disk is full')
  assert.equal(await status(make({ onUnreadable, onError: (...given) => told.push(given) }), { body, headers: fields }), 503)
  assert.deepEqual([told[0][0].message, told[0][1]], ['the disk is full', { kind: null, dedupeKey: null }])
  const stored = make({ onUnreadable: (kept, { code }) => told.push([kept, code]) })
  assert.equal(await status(stored, { body, headers: fields }), 200)
  assert.deepEqual(told[1], [body, 'BODY_NOT_OBJECT'])
})

test('a body that is no bytes answers 500, and onError is told the fix', async () => {
  /** @type {any[]} */
  const told = []
  const receiver = make({ onError: (error) => told.push(error) })
  assert.equal((await receiver.receive(any({ a: 1 }), PURCHASE.headers)).status, 500)
  assert.equal((await receiver.receive(PURCHASE.body, any(PURCHASE))).status, 500)
  assert.match(told[0].message, /raw bytes/)
  assert.match(told[1].message, /pass request\.headers/)
  assert.equal(receiver.admit({ contentLength: '5' }), null)
  assert.deepEqual([receiver.admit({ contentLength: '99999999' })?.status, receiver.admit({ contentEncoding: 'br' })?.status], [413, 415])
})

test('a delivery for tests is what each tool takes', async () => {
  assert.equal(await status(make(), PURCHASE), 200)
  for (const bad of [PURCHASE.forged(), PURCHASE.unsigned(), PURCHASE.tampered()]) {
    assert.equal(await status(make(), bad), 401)
  }
  const again = PURCHASE.redelivered(3)
  const [first, third] = [PURCHASE, again].map((one) => VERIFIER.verify(one.body, one.headers))
  assert.deepEqual([first?.dedupeKey, first?.retry, third?.retry], [third?.dedupeKey, 0, 3])
  const request = PURCHASE.request('http://localhost/a')
  assert(VERIFIER.verify(await request.arrayBuffer(), request.headers).signed)
  assert.equal(PURCHASE.with({ 'x-api-key': 'k' }).headers['x-api-key'], 'k')
  assert.throws(() => delivery('payment.purchase', any({})), typeError(/secret/))
  assert.equal(sign(PURCHASE.body, SECRET), PURCHASE.headers['x-hmac-signature'])
})
