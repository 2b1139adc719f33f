// What Node's callers may pass, and what comes out if they pass something else.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  AuthenticationError,
  ConfigurationError,
  Event,
  finality,
  PayloadError,
  Reply,
  Schedule,
  Verifier,
  WebhookError,
} from 'yuno-webhooks'
import * as testing from 'yuno-webhooks/testing'

const SECRET = 'a-test-secret'
const BODY = testing.sample('payment.purchase')
const SIGNATURE = testing.sign(BODY, SECRET)
const HEADERS = { 'x-hmac-signature': SIGNATURE }
const VERIFIER = new Verifier({ hmacSecret: SECRET })
const KEY = Event.parseUnverified(BODY).dedupeKey

/** Wrong on purpose. @param {unknown} value @returns {any} */
const any = (value) => value

/** @param {string} code */
const coded = (code) => (/** @type {unknown} */ error) => error instanceof WebhookError && error.code === code

/** @param {RegExp} text */
const typeError = (text) => (/** @type {any} */ error) =>
  error instanceof TypeError && any(error).code === 'INVALID_ARGUMENT' && text.test(error.message) && error.cause === undefined

function copy() {
  return new Uint8Array(BODY).buffer
}

/** The body in a wider buffer, from its third byte on. */
function wider() {
  const bytes = new Uint8Array(BODY.length + 8)
  bytes.set(BODY, 3)
  return bytes.buffer
}

/** @param {ArrayBufferLike} buffer */
function filled(buffer) {
  new Uint8Array(buffer).set(BODY)
  return buffer
}

/** @param {number} size */
function even(size) {
  const body = Buffer.concat([BODY, Buffer.alloc((size - (BODY.length % size)) % size, ' ')])
  return { body, headers: testing.headers(body, SECRET), buffer: new Uint8Array(body).buffer }
}

describe('a body', () => {
  const { length } = BODY
  /** @type {[string, () => any][]} */
  const bodies = [
    ['Buffer', () => Buffer.from(BODY)],
    ['Uint8Array', () => new Uint8Array(BODY)],
    ['a view into a wider buffer', () => new Uint8Array(wider(), 3, length)],
    ['Int8Array', () => new Int8Array(copy())],
    ['Uint8ClampedArray', () => new Uint8ClampedArray(copy())],
    ['DataView', () => new DataView(wider(), 3, length)],
    ['ArrayBuffer', () => copy()],
    ['SharedArrayBuffer', () => filled(new SharedArrayBuffer(length))],
    ['a view of a SharedArrayBuffer', () => new Uint8Array(filled(new SharedArrayBuffer(length)))],
    ['a DataView of a SharedArrayBuffer', () => new DataView(filled(new SharedArrayBuffer(length)))],
    ['a growable SharedArrayBuffer', () => filled(new SharedArrayBuffer(length, { maxByteLength: 2 * length }))],
    ['a resizable ArrayBuffer', () => filled(new ArrayBuffer(length, { maxByteLength: 2 * length }))],
    ['a view that tracks its length', () => new Uint8Array(filled(new ArrayBuffer(length, { maxByteLength: 2 * length })))],
  ]
  for (const [name, make] of bodies) {
    test(`may be ${name}`, () => {
      const event = VERIFIER.verify(make(), HEADERS)
      assert(event.raw.equals(BODY))
      assert.equal(event.dedupeKey, KEY)
    })
  }

  test('may be any typed array: its bytes count', () => {
    const { headers, buffer } = even(8)
    for (const type of [Uint16Array, Int16Array, Uint32Array, Int32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array]) {
      assert(VERIFIER.verify(new type(buffer), headers).signed)
    }
  })

  test('is copied before it is verified: the event does not change with the buffer', () => {
    const buffer = Buffer.from(BODY)
    const event = VERIFIER.verify(buffer, HEADERS)
    buffer.fill('x')
    assert(event.raw.equals(BODY))
    assert.deepEqual([event.kind, event.dedupeKey, event.data.payment.status], ['payment.purchase', KEY, 'SUCCEEDED'])
    event.raw.fill('x')
    assert(event.raw.equals(BODY))
    assert.equal(event.raw.buffer.byteLength, BODY.length, 'memory of its own, not the pool that all buffers share')
  })

  test('that is empty and authentic is told from one that is detached', () => {
    for (const empty of [Buffer.alloc(0), new ArrayBuffer(0), new DataView(new ArrayBuffer(0)), new Float64Array(0)]) {
      assert.throws(() => VERIFIER.verify(empty, testing.headers(Buffer.alloc(0), SECRET)), coded('BODY_NOT_JSON'))
    }
  })

  test('that is detached or out of bounds is a TypeError, never an empty body', () => {
    const headers = testing.headers(Buffer.alloc(0), SECRET)
    for (const view of [new Uint8Array(copy()), new Int8Array(copy()), new DataView(copy()), Buffer.from(copy())]) {
      structuredClone(view.buffer, { transfer: [any(view.buffer)] })
      assert.throws(() => VERIFIER.verify(view, headers), typeError(/detached/))
      assert.throws(() => VERIFIER.verify(view.buffer, headers), typeError(/detached/))
      assert.throws(() => Event.parseUnverified(view), typeError(/detached/))
    }
    const buffer = new ArrayBuffer(64, { maxByteLength: 64 })
    const views = [new Uint8Array(buffer, 8, 32), new DataView(buffer, 8, 32)]
    any(buffer).resize(16)
    for (const view of views) {
      assert.throws(() => VERIFIER.verify(view, headers), typeError(/detached/))
    }
  })

  test('cannot lie about itself', () => {
    class Lying extends Uint8Array {
      // biome-ignore format: one lie a line
      get length() { return 2 }
      get byteLength() {
        return 2
      }
      get byteOffset() {
        return 1
      }
      get buffer() {
        return new ArrayBuffer(2)
      }
      get [Symbol.toStringTag]() {
        return any('Float64Array')
      }
      static get [Symbol.species]() {
        return any(Array)
      }
    }
    assert(VERIFIER.verify(new Lying(BODY), HEADERS).raw.equals(BODY))
    assert.throws(
      () => VERIFIER.verify(any({ [Symbol.toStringTag]: 'Uint8Array', length: 2, byteLength: 2 }), HEADERS),
      typeError(/raw bytes/),
    )
    assert.throws(() => VERIFIER.verify(any(new Proxy(new Uint8Array(BODY), {})), HEADERS), typeError(/raw bytes/))
    assert.throws(() => VERIFIER.verify(any(Object.create(Buffer.prototype)), HEADERS), typeError(/raw bytes/))
  })

  test('that the headers change while they are read is looked at afterwards', () => {
    const own = new Uint8Array(BODY)
    assert.throws(
      () =>
        VERIFIER.verify(own, {
          get 'x-hmac-signature'() {
            structuredClone(own.buffer, { transfer: [own.buffer] })
            return SIGNATURE
          },
        }),
      typeError(/detached/),
    )
  })

  test('of another type is a TypeError that names the fix', () => {
    for (const body of [BODY.toString(), { type: 'payment' }, [1, 2], undefined, null, 5, 5n, Symbol('body'), () => BODY, true]) {
      for (const call of [
        () => VERIFIER.verify(any(body), HEADERS),
        () => Event.parseUnverified(any(body)),
        () => testing.sign(any(body), 's'),
      ]) {
        assert.throws(
          call,
          typeError(
            /raw bytes.*express\.raw.*parseAs: 'buffer'.*request\.arrayBuffer\(\).*bodyParser: false.*rawBody: true.*Koa.*isBase64Encoded/,
          ),
        )
      }
    }
    assert.throws(() => VERIFIER.verify(any(BODY.toString()), HEADERS), typeError(/a string/))
    assert.throws(() => VERIFIER.verify(any({}), HEADERS), typeError(/body parser/))
  })
})

describe('headers', () => {
  const upper = 'X-HMAC-Signature'
  /** @type {[string, any][]} */
  const containers = [
    ['an object', HEADERS],
    ['an object in another case', { [upper]: SIGNATURE, 'Content-Type': 'application/json' }],
    [
      'an object of arrays, as headersDistinct',
      Object.assign(Object.create(null), { 'x-hmac-signature': [SIGNATURE], cookie: ['a', 'b'] }),
    ],
    ['an object with undefined values', { ...HEADERS, [upper]: undefined }],
    ['an object with other values that are not read', { ...HEADERS, 'set-cookie': 5, x: null }],
    ['rawHeaders', ['Host', 'a', upper, SIGNATURE, 'Cookie', 'a', 'Cookie', 'b']],
    [
      'pairs',
      [
        ['cookie', 'a'],
        [upper, SIGNATURE],
        ['cookie', 'b'],
      ],
    ],
    ['an iterator of pairs', [[upper, SIGNATURE]].values()],
    ['a Web Headers', new Headers(HEADERS)],
    ['a Map', new Map([[upper, SIGNATURE]])],
    ['a Map of arrays', new Map([[upper, [SIGNATURE]]])],
  ]
  for (const [name, headers] of containers) {
    test(`may be ${name}`, () => assert(VERIFIER.verify(BODY, headers).signed))
  }

  /** @type {[string, any][]} */
  const repeated = [
    ['two spellings', { ...HEADERS, [upper]: SIGNATURE }],
    ['an array of two', { 'x-hmac-signature': [SIGNATURE, SIGNATURE] }],
    ['rawHeaders', [upper, SIGNATURE, 'x-hmac-signature', SIGNATURE]],
    [
      'pairs',
      [
        [upper, SIGNATURE],
        [upper, SIGNATURE],
      ],
    ],
    [
      'a Map of two spellings',
      new Map([
        [upper, SIGNATURE],
        ['x-hmac-signature', SIGNATURE],
      ]),
    ],
  ]
  for (const [name, headers] of repeated) {
    test(`that repeat are refused: ${name}`, () => assert.throws(() => VERIFIER.verify(BODY, headers), coded('HEADER_REPEATED')))
  }

  test('that a Web Headers joined match nothing', () => {
    const headers = new Headers(HEADERS)
    headers.append(upper, SIGNATURE)
    assert.throws(() => VERIFIER.verify(BODY, headers), coded('SIGNATURE_MALFORMED'))
  })

  test('that are missing are missing', () => {
    for (const headers of [
      {},
      [],
      new Map(),
      new Headers(),
      { 'x-hmac-signature': undefined },
      { 'x-hmac-signature': [] },
      Object.create(HEADERS),
    ]) {
      assert.throws(() => VERIFIER.verify(BODY, headers), coded('SIGNATURE_MISSING'))
    }
  })

  test('of another type are a TypeError', () => {
    const strange = [
      undefined,
      null,
      5,
      'x-hmac-signature',
      () => HEADERS,
      [1],
      [['a']],
      [['a', 'b', 'c']],
      ['a'],
      [[1, 'a']],
      new Set(['ab']),
    ]
    const values = [5, null, {}, true, Buffer.from(SIGNATURE), [5], [undefined], [[SIGNATURE]], Symbol('a')]
    for (const headers of [...strange, ...values.map((value) => ({ 'x-hmac-signature': value })), ['x-hmac-signature', 5]]) {
      assert.throws(() => VERIFIER.verify(BODY, any(headers)), typeError(/header/))
    }
  })

  test('that throw become a TypeError without what they threw', () => {
    const raise = () => {
      throw new Error(`the value ${SIGNATURE}`)
    }
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    const hostile = [
      {
        get 'x-hmac-signature'() {
          return raise()
        },
      },
      new Proxy({}, { ownKeys: raise }),
      new Proxy([], { get: raise }),
      { [Symbol.iterator]: raise },
      {
        *[Symbol.iterator]() {
          yield raise()
        },
      },
      {
        get [Symbol.iterator]() {
          return raise()
        },
      },
      proxy,
    ]
    for (const headers of hostile) {
      assert.throws(
        () => VERIFIER.verify(BODY, any(headers)),
        (error) => typeError(/headers/)(error) && !any(error).message.includes(SIGNATURE),
      )
    }
  })

  test('that are no text of UTF-8 match nothing', () => {
    for (const value of ['\udcff'.repeat(44), 'é'.repeat(44), '', '\0', '\ud800']) {
      assert.throws(() => VERIFIER.verify(BODY, { 'x-hmac-signature': value }), coded('SIGNATURE_MALFORMED'))
    }
    assert(VERIFIER.verify(BODY, { ...HEADERS, '\ud800': 'a', 'X-HMAC-\ud800IGNATURE': 'a' }).signed)
    // The Kelvin sign is a k in lower case, but no header's.
    const verifier = new Verifier({ hmacSecret: SECRET, requiredHeaders: { 'x-key': 'a' } })
    assert.throws(() => verifier.verify(BODY, { ...HEADERS, 'x-\u212aey': 'a' }), coded('CREDENTIAL_MISSING'))
  })
})

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
