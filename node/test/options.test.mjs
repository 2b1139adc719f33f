// What a verifier and an event may be asked, and what comes out if it is something else.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AuthenticationError, ConfigurationError, Event, finality, PayloadError, Reply, Schedule, Verifier } from 'yuno-webhooks'
import * as testing from 'yuno-webhooks/testing'

import { any, BODY, coded, HEADERS, SECRET, typeError, VERIFIER } from './inputs.mjs'

describe('options', () => {
  test('that are wrong are a coded error', () => {
    /** @type {[any, string][]} */
    const cases = [
      [{}, 'NO_SIGNATURE_SECRET'],
      [undefined, 'NO_SIGNATURE_SECRET'],
      [{ hmacSecret: undefined }, 'NO_SIGNATURE_SECRET'],
      [{ hmacSecret: null, apiKey: 'k' }, 'NO_SIGNATURE_SECRET'],
      [{ hmacSecret: [] }, 'NO_SIGNATURE_SECRET'],
      [{ hmacSecret: 's', unsigned: true }, 'NO_SIGNATURE_SECRET'],
      [{ unsigned: true }, 'NO_CREDENTIALS'],
      [{ hmacSecret: '\ud800' }, 'INVALID_SECRET'],
      [{ hmacSecret: 's', apiKey: [] }, 'INVALID_SECRET'],
      [{ hmacSecret: 's', apiKey: '\ud800' }, 'INVALID_SECRET'],
      [{ hmacSecret: 's', requiredHeaders: { '\ud800': 'a' } }, 'INVALID_HEADER_NAME'],
    ]
    for (const maxBodyBytes of [-1, 0, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 1e300, 2 ** 53, 2 ** 31]) {
      cases.push([{ hmacSecret: 's', maxBodyBytes }, 'INVALID_LIMIT'])
    }
    for (const [options, code] of cases) {
      assert.throws(
        () => new Verifier(options),
        (error) => error instanceof ConfigurationError && error.code === code,
        JSON.stringify(options),
      )
    }
  })

  test('of another type are a TypeError', () => {
    const wrong = [
      null,
      'secret',
      ['secret'],
      { hmacSecret: 5 },
      { hmacSecret: Buffer.from('s') },
      { hmacSecret: [null] },
      { hmacSecret: new Set(['s']) },
      { hmacSecret: 's', requiredHeaders: [['a', 'b']] },
      { hmacSecret: 's', requiredHeaders: new Map([['a', 'b']]) },
      { hmacSecret: 's', requiredHeaders: 'a' },
      { hmacSecret: 's', requiredHeaders: { a: null } },
      { hmacSecret: 's', requiredHeaders: { a: undefined } },
      { hmacSecret: 's', requiredHeaders: { a: [5] } },
      { hmacSecret: 's', maxBodyBytes: '5' },
      { hmacSecret: 's', maxBodyBytes: null },
      { hmacSecret: 's', unsigned: 1 },
      { hmacSecret: 's', unsigned: null },
    ]
    for (const options of wrong) {
      assert.throws(() => new Verifier(any(options)), typeError(/./))
    }
  })

  test('that do not exist are named, with the nearest that does', () => {
    assert.throws(() => new Verifier(any({ hmacSecrets: 's' })), typeError(/"hmacSecrets".*hmacSecret\?/))
    assert.throws(() => new Verifier(any({ api_key: 's' })), typeError(/"api_key".*apiKey\?/))
    assert.throws(() => testing.sample('payment.purchase', any({ sub_status: 'a' })), typeError(/subStatus\?/))
    assert.throws(() => new Schedule(any({ delay: [0] })), typeError(/delays\?/))
  })

  test('may come from variables, which are read one by one', () => {
    const environment = { YUNO_WEBHOOK_HMAC_SECRET: `new\n${SECRET}\n`, OTHER: undefined }
    assert.equal(Verifier.fromEnv(environment).verify(BODY, HEADERS).secretIndex, 1)
    const asked = /** @type {string[]} */ ([])
    const proxy = new Proxy(environment, {
      get: (target, name) => {
        asked.push(String(name))
        return Reflect.get(target, name)
      },
    })
    Verifier.fromEnv(proxy)
    assert.deepEqual(
      asked.filter((name) => !name.startsWith('YUNO_WEBHOOK_')),
      [],
    )
    assert.throws(() => Verifier.fromEnv({}), coded('NO_SIGNATURE_SECRET'))
    assert.throws(() => Verifier.fromEnv({ YUNO_WEBHOOK_HMAC_SECRET: '\ud800' }), coded('INVALID_SECRET'))
    assert.throws(() => Verifier.fromEnv(any({ YUNO_WEBHOOK_HMAC_SECRET: 5 })), typeError(/YUNO_WEBHOOK_HMAC_SECRET/))
    assert.throws(() => Verifier.fromEnv(any(null)), typeError(/environment/))
    const throwing = new Proxy(environment, { get: () => assert.fail('s3cret') })
    assert.throws(() => Verifier.fromEnv(throwing), typeError(/could not be read/))
  })
})

describe('an event', () => {
  test('is made only by verifying or reading', () => {
    assert.throws(() => new (any(Event))(), typeError(/verify/))
    assert.throws(() => new (any(Event))('a record'), typeError(/verify/))
    class Forged extends any(Event) {}
    assert.throws(() => new Forged(), typeError(/verify/))
    const event = VERIFIER.verify(BODY, HEADERS)
    assert.throws(() => new (any(event.constructor))(), typeError(/verify/))
    assert.deepEqual(Object.getOwnPropertySymbols(Event), [])
  })

  test('has methods for events only', () => {
    const event = Event.parseUnverified(BODY)
    for (const name of ['kind', 'resource', 'dedupeKey', 'data', 'raw', 'signed']) {
      const get = Object.getOwnPropertyDescriptor(Event.prototype, name)?.get
      assert.throws(() => get?.call({}), TypeError)
    }
    assert.throws(() => Verifier.prototype.verify.call(any({}), BODY, HEADERS), TypeError)
    assert.throws(() => Verifier.prototype.verify.call(any(event), BODY, HEADERS), TypeError)
    assert.throws(() => any(event).compareRecency({}), typeError(/Event/))
    assert.throws(() => any(event).isNewerThan(undefined), typeError(/Event/))
  })

  test('has data that are made once, in numbers of JavaScript, beside exact money', () => {
    const event = Event.parseUnverified(Buffer.from('{"payment":{"id":"p","amount":{"value":10.10,"currency":"USD"}}}'))
    assert.equal(event.data, event.data)
    assert.equal(event.data.payment.amount.value, 10.1)
    assert.deepEqual([event.resource.amount?.value, event.resource.amount?.minorUnits], ['10.10', 1010n])
  })

  test('has texts beyond ASCII', () => {
    const body = testing.sample('payment.purchase', { merchantReference: 'Bogotá – 東京 \u{1f600}', status: 'É' })
    const event = Event.parseUnverified(body)
    assert.deepEqual([event.resource.merchantReference, event.resource.status], ['Bogotá – 東京 \u{1f600}', 'É'])
    assert.equal(event.data.payment.merchant_order_id, 'Bogotá – 東京 \u{1f600}')
    assert(event.raw.equals(body))
  })

  test('stays usable where JSON.parse refuses its data', (t) => {
    const event = Event.parseUnverified(BODY)
    // V8 of today reads any depth, so its refusal is acted.
    const parse = t.mock.method(JSON, 'parse', () => assert.fail('the text'))
    assert.throws(
      () => event.data,
      (error) => error instanceof PayloadError && error.code === 'DATA_UNREADABLE' && error.cause === undefined,
    )
    parse.mock.restore()
    assert.equal(event.data.payment.id, event.resource.id)
  })

  test('has instants as dates and whole in nanoseconds, also before 1970', () => {
    const at = (/** @type {string} */ time) => Event.parseUnverified(Buffer.from(`{"payment":{"id":"p","updated_at":"${time}"}}`)).resource
    assert.equal(at('2026-08-17T07:35:18.928000342Z').updatedAt?.toISOString(), '2026-08-17T07:35:18.928Z')
    assert.equal(at('2026-08-17T07:35:18.928000342Z').updatedAtNs, 1_786_952_118_928_000_342n)
    assert.equal(at('1970-01-01T00:00:00.0000005+01:00').updatedAt?.toISOString(), '1969-12-31T23:00:00.000Z')
    assert.equal(at('1970-01-01T00:59:59.9999999+01:00').updatedAt?.toISOString(), '1969-12-31T23:59:59.999Z')
    assert.equal(at('never').updatedAt, null)
  })

  test('tells null where the recency cannot be told', () => {
    const event = (/** @type {object} */ options) => Event.parseUnverified(testing.sample('payment.purchase', options))
    const early = event({ updatedAt: '2026-08-17T07:35:18.4Z' })
    const late = event({ updatedAt: '2026-08-17T07:35:18.49Z' })
    assert.deepEqual([late.isNewerThan(early), early.isNewerThan(late), late.isNewerThan(late)], [true, false, false])
    assert.equal(late.isNewerThan(event({ id: 'other' })), null)
  })
})

test('a reply is made from an error of ours only', () => {
  assert.throws(() => Reply.toError(any(new Error('other'))), typeError(/WebhookError/))
  assert.throws(() => Reply.toError(any({ code: 'SIGNATURE_MISSING', hint: '' })), typeError(/WebhookError/))
  try {
    VERIFIER.verify(BODY, {})
  } catch (error) {
    assert(error instanceof AuthenticationError)
    assert.deepEqual([Reply.toError(error).status, Reply.toError(error, { stored: true }).status], [401, 401])
    assert.throws(() => Reply.toError(error, any({ stored: 1 })), typeError(/stored/))
  }
})

test('a schedule takes whole seconds', () => {
  for (const delays of [[0, -1], [0, 0.5], [0, Number.NaN], [5], []]) {
    assert.throws(() => new Schedule({ delays }), coded('INVALID_LIMIT'))
  }
  for (const options of [{ delays: 5 }, { waits: ['5'] }, { since: 5 }, { since: 'never' }]) {
    assert.throws(() => new Schedule(any(options)), typeError(/./))
  }
  assert.throws(() => new Schedule().checkRetention(5), coded('RETENTION_TOO_SHORT'))
  assert.throws(() => new Schedule().acknowledgementWait(-1), typeError(/retry must be a whole number/))
  assert.throws(() => new Schedule().checkRetention(0.5), typeError(/seconds must be a whole number/))
  assert.throws(() => new Schedule().acknowledgementWait(any('0')), typeError(/retry/))
  assert.equal(new Schedule().acknowledgementWait(2 ** 40), 7)
  assert.throws(() => finality(any(5), 'a'), typeError(/finality/))
})
