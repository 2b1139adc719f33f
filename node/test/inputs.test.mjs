// What Node's callers may pass, and what comes out if they pass something else.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Event, Verifier } from 'yuno-webhooks'
import * as testing from 'yuno-webhooks/testing'

import { any, BODY, coded, HEADERS, KEY, SECRET, SIGNATURE, typeError, VERIFIER } from './inputs.mjs'

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
