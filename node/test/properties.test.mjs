// What holds for every input, tried on inputs that fast-check makes up: the same ones in every run. YUNO_EXAMPLES sets how many there are of each.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  AuthenticationError,
  ConfigurationError,
  catalog,
  Event,
  errorCodes,
  finality,
  PayloadError,
  Receiver,
  Reply,
  Schedule,
  Verifier,
  WebhookError,
} from 'yuno-webhooks'
import * as testing from 'yuno-webhooks/testing'
import { any } from './inputs.mjs'

fc.configureGlobal({ seed: 1, numRuns: Number(process.env.YUNO_EXAMPLES ?? 200) })

const DOCUMENTED = new Map(errorCodes().map((row) => [row.name, row]))
const KINDS = catalog().map((row) => row.kind)
const PRIVATE = 'pr1vate'
const SECRET = 'whsec-of-the-test'
const VERIFIER = new Verifier({ hmacSecret: SECRET })
const SAMPLE = testing.sample('payment.purchase', { merchantReference: PRIVATE })

/** @typedef {[string, string][]} Pairs */

const samples = fc
  .record({ kind: fc.constantFrom(...KINDS), retry: fc.nat(7) })
  .map(({ kind, retry }) => Buffer.from(testing.sample(any(kind), { retry })))
const names = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom('type', 'type_event', 'data', 'payment', 'id', 'retry', 'amount', 'status'),
)
const documents = fc.jsonValue({ maxDepth: 3 })
const objects = fc.dictionary(names, documents, { maxKeys: 6 }).map((document) => Buffer.from(JSON.stringify(document)))
const texts = documents.map((document) => Buffer.from(JSON.stringify(document)))
const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array))
const edits = fc.record({ place: fc.nat(5000), cut: fc.nat(3), inserted: fc.uint8Array({ maxLength: 3 }) })
const damaged = fc.tuple(fc.oneof(samples, texts), edits).map(([body, edit]) => changed(body, edit))
const bodies = fc.oneof(samples, texts, damaged, bytes)
const secrets = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter(
    (secret) =>
      secret.trim() === secret &&
      /[\p{L}\p{N}]/u.test(secret) &&
      !['None', 'null', 'undefined', '[object Object]'].includes(secret) &&
      !/[\p{Cc}\p{Cf}*\u2022\u25cf$]/u.test(secret),
  )
const anything = fc.oneof(
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withNullPrototype: true,
    withTypedArray: true,
    withSparseArray: true,
  }),
  fc.constantFrom(Symbol('a'), () => SECRET, class {}, new Proxy({}, {}), /a/, new Headers(), 'x-hmac-signature', '__proto__'),
  fc.dictionary(fc.constantFrom('x-hmac-signature', 'X-HMAC-Signature', '__proto__', 'headers'), fc.anything(), { maxKeys: 2 }),
  fc.array(fc.tuple(fc.constantFrom('x-hmac-signature', 'host'), fc.anything()), { maxLength: 3 }),
)

/** @param {Buffer} body @param {{ place: number, cut: number, inserted: Uint8Array }} edit */
function changed(body, { place, cut, inserted }) {
  const at = place % (body.length + 1)
  return Buffer.concat([body.subarray(0, at), inserted, body.subarray(at + cut)])
}

/** How a request's headers can come. @type {Record<string, (pairs: Pairs) => any>} */
const CONTAINERS = {
  object: (pairs) => Object.fromEntries(pairs),
  'object without a prototype': (pairs) => Object.assign(Object.create(null), Object.fromEntries(pairs)),
  'frozen object': (pairs) => Object.freeze(Object.fromEntries(pairs)),
  'object of arrays': (pairs) => Object.fromEntries(pairs.map(([name, value]) => [name, [value]])),
  'object with more values': (pairs) => ({ ...Object.fromEntries(pairs), 'set-cookie': ['a', 'b'], absent: undefined }),
  proxy: (pairs) => new Proxy(Object.fromEntries(pairs), {}),
  pairs: (pairs) => pairs,
  'pairs of arrays': (pairs) => pairs.map(([name, value]) => [name, [value]]),
  rawHeaders: (pairs) => pairs.flat(),
  Map: (pairs) => new Map(pairs),
  'entries of a Map': (pairs) => new Map(pairs).entries(),
  Set: (pairs) => new Set(pairs),
  generator: function* (pairs) {
    yield* pairs
  },
  Headers: (pairs) => new Headers(pairs),
  'entries of Headers': (pairs) => new Headers(pairs).entries(),
  'headers of a Request': (pairs) => new Request('http://shop.example', { headers: pairs }).headers,
}

/** @type {((body: Buffer) => any)[]} */
const BYTES = [
  (body) => body,
  (body) => new Uint8Array(body),
  (body) => new Uint8Array(body).buffer,
  (body) => new DataView(new Uint8Array(body).buffer),
  (body) => new Uint8Array([0, ...body, 0]).subarray(1, -1),
  (body) => {
    const shared = new Uint8Array(new SharedArrayBuffer(body.length))
    shared.set(body)
    return shared
  },
]

/** What a call returns, or its error: of these classes, or a TypeError with its code, and one that tells nothing. @param {() => unknown} call @param {...any} classes */
function documented(call, ...classes) {
  try {
    return call()
  } catch (thrown) {
    const error = any(thrown)
    assert(
      classes.some((type) => error instanceof type),
      `${error?.stack ?? error}`,
    )
    assert.equal(error.cause, undefined)
    const text = `${error.message} ${error.stack} ${JSON.stringify(error)}`
    assert(!text.includes(SECRET) && !text.includes(PRIVATE), text)
    if (error instanceof WebhookError) {
      const row = DOCUMENTED.get(error.code)
      assert.deepEqual([error.number, error.stage, error.httpStatus], [row?.number, row?.stage, row?.httpStatus])
      assert([200, error.httpStatus].includes(Reply.toError(error).status))
    } else {
      assert.equal(error.code, 'INVALID_ARGUMENT')
    }
    return error
  }
}

/** Every attribute of an event can be read, and twice alike. @param {Event} event */
function readAll(event) {
  const read = () => {
    const { kind, sentName, shape, accountId, retry, version, finality, repeatable, dedupeKey, publishedKey, resource } = event
    const { id, status, subStatus, createdAtNs, updatedAtNs, merchantReference, idempotencyKey, amount, transaction } = resource
    const parts = [sentName, shape, accountId, retry, version, finality, repeatable, publishedKey, resource.kind, id, status, subStatus]
    const more = [createdAtNs, updatedAtNs, merchantReference, idempotencyKey, amount?.value, amount?.currency, amount?.minorUnits]
    return [kind, dedupeKey, ...parts, ...more, transaction?.id, transaction?.type, transaction?.status, transaction?.amount?.value]
  }
  assert.deepEqual(read(), read())
  assert([...KINDS, 'unknown'].includes(event.kind))
  assert.equal(event.dedupeKey.length, 35)
  assert.equal(typeof event.data, 'object')
  const again = Event.parseUnverified(event.raw)
  assert.deepEqual([again.dedupeKey, again.compareRecency(event)], [event.dedupeKey, 'same'])
}

const others = fc.uniqueArray(
  fc.tuple(fc.constantFrom('Host', 'content-type', 'X-Request-Id', 'cookie'), fc.constantFrom('a', 'a; b', '')),
  {
    maxLength: 3,
    selector: ([name]) => name,
  },
)
const spelling = fc.constantFrom('x-hmac-signature', 'X-HMAC-SIGNATURE', 'X-Hmac-Signature')
/** @type {fc.Arbitrary<(text: string) => string>} */
const wraps = fc.constantFrom(
  (text) => text,
  (text) => `sha256=${text}`,
  (text) => `SHA256= ${text}`,
  (text) => Buffer.from(text, 'base64').toString('hex'),
)
const containers = Object.entries(CONTAINERS)
const container = fc.constantFrom(...containers)
const kindOfBytes = fc.constantFrom(...BYTES)

test('a valid delivery is accepted, whatever carries it', () => {
  fc.assert(
    fc.property(
      fc.oneof(samples, objects),
      secrets,
      container,
      others,
      spelling,
      wraps,
      kindOfBytes,
      (body, secret, [, carry], more, name, wrap, give) => {
        const headers = carry([...more, [name, wrap(testing.sign(body, secret))]])
        const event = new Verifier({ hmacSecret: secret }).verify(give(body), headers)
        assert(event.signed && event.raw.equals(body))
        readAll(event)
      },
    ),
  )
})

test('a changed body is never accepted', () => {
  fc.assert(
    fc.property(fc.oneof(samples, objects), edits, container, kindOfBytes, (body, edit, [, carry], give) => {
      const other = changed(body, edit)
      const headers = carry([['x-hmac-signature', testing.sign(body, SECRET)]])
      const seen = documented(() => VERIFIER.verify(give(other), headers), AuthenticationError, PayloadError)
      assert.equal(seen.code, other.equals(body) ? undefined : 'SIGNATURE_MISMATCH')
    }),
  )
})

test('a changed signature is never accepted', () => {
  const signature = testing.sign(SAMPLE, SECRET)
  const inserted = fc.string({ unit: 'binary', maxLength: 2 })
  fc.assert(
    fc.property(fc.nat(44), fc.nat(2), inserted, container, (place, cut, text, [, carry]) => {
      const other = signature.slice(0, place) + text + signature.slice(place + cut)
      fc.pre(other.replaceAll(/^[ \t\r\n]+|[ \t\r\n]+$/g, '') !== signature)
      let headers
      try {
        headers = carry([['x-hmac-signature', other]])
      } catch {
        return // A Web Headers takes no such value.
      }
      const seen = documented(() => VERIFIER.verify(SAMPLE, headers), AuthenticationError)
      assert(['SIGNATURE_MISMATCH', 'SIGNATURE_MALFORMED'].includes(seen.code))
    }),
  )
})

test('a repeated signature is never accepted', () => {
  const repeating = containers.filter(([kind]) => ['pairs', 'rawHeaders', 'generator', 'Set', 'Headers'].includes(kind))
  const spellings = fc.array(spelling, { minLength: 2, maxLength: 4 })
  fc.assert(
    fc.property(spellings, fc.constantFrom(...repeating), (spelt, [kind, carry]) => {
      const headers = carry(spelt.map((name) => [name, testing.sign(SAMPLE, SECRET)]))
      const seen = documented(() => VERIFIER.verify(SAMPLE, headers), AuthenticationError)
      // A Web Headers joins what repeats by commas, and that is no signature.
      assert.equal(seen.code, kind === 'Headers' ? 'SIGNATURE_MALFORMED' : 'HEADER_REPEATED')
    }),
  )
})

test('any bytes are an event or a documented error', () => {
  fc.assert(
    fc.property(bodies, (body) => {
      const parsed = documented(() => Event.parseUnverified(body), PayloadError)
      const verified = documented(() => VERIFIER.verify(body, testing.headers(body, SECRET)), PayloadError)
      assert.equal(parsed.code, verified.code)
      if (parsed instanceof Event) {
        assert(verified.signed && !parsed.signed)
        readAll(parsed)
      } else {
        assert(['BODY_NOT_JSON', 'BODY_NOT_OBJECT', 'BODY_AMBIGUOUS'].includes(parsed.code))
      }
      const forged = documented(() => VERIFIER.verify(body, testing.headers(body, 'another secret')), AuthenticationError)
      assert.equal(forged.code, 'SIGNATURE_MISMATCH')
    }),
  )
})

test('any value for headers is refused', () => {
  fc.assert(
    fc.property(anything, (headers) => {
      const seen = documented(() => VERIFIER.verify(SAMPLE, any(headers)), AuthenticationError, TypeError)
      assert(seen instanceof Error)
    }),
  )
})

test('any value for a body is refused', () => {
  const headers = testing.headers(SAMPLE, SECRET)
  fc.assert(
    fc.property(anything, (body) => {
      const seen = documented(() => VERIFIER.verify(any(body), headers), AuthenticationError, TypeError)
      assert(seen instanceof Error)
      documented(() => Event.parseUnverified(any(body)), PayloadError, TypeError)
      documented(() => testing.sign(any(body), SECRET), TypeError)
    }),
  )
})

test('any options make a verifier that accepts nothing unproven, or a documented error', () => {
  const values = fc.oneof(secrets, fc.array(secrets, { maxLength: 9 }), anything)
  const options = fc.record(
    {
      hmacSecret: values,
      apiKey: values,
      xSecret: values,
      requiredHeaders: fc.oneof(anything, fc.dictionary(fc.string({ maxLength: 9 }), values, { maxKeys: 3 })),
      maxBodyBytes: fc.oneof(fc.double(), fc.integer(), anything),
      unsigned: fc.oneof(fc.boolean(), anything),
    },
    { requiredKeys: [] },
  )
  const plausible = fc.record(
    {
      hmacSecret: fc.oneof(secrets, fc.array(secrets, { minLength: 1, maxLength: 8 })),
      apiKey: fc.constantFrom('a-key', ['a', 'b'], null, '***', ''),
      requiredHeaders: fc.dictionary(fc.constantFrom('authorization', 'x-tenant', 'a b'), fc.constant('Bearer abc')),
      maxBodyBytes: fc.integer({ min: 0, max: 2 ** 26 }),
      unsigned: fc.boolean(),
    },
    { requiredKeys: [] },
  )
  let made = 0
  fc.assert(
    fc.property(fc.oneof(plausible, options, anything), (given) => {
      const verifier = documented(() => new Verifier(any(given)), ConfigurationError, TypeError)
      if (verifier instanceof Verifier) {
        made += 1
        const seen = documented(() => verifier.verify(Buffer.from('{}'), {}), AuthenticationError)
        assert(seen instanceof AuthenticationError && verifier.maxBodyBytes > 0)
      }
    }),
  )
  assert(made > 10, `${made}`)
})

test('any argument of the other functions gives a value or a documented error', () => {
  fc.assert(
    fc.property(anything, anything, anything, (one, two, three) => {
      const [a, b, c] = [any(one), any(two), any(three)]
      /** @type {(() => unknown)[]} */
      const calls = [
        () => VERIFIER.admit({ contentLength: a, contentEncoding: b }),
        () => VERIFIER.admit(a),
        () => Verifier.fromEnv(a),
        () => testing.sign(SAMPLE, a),
        () => testing.sample(a, { form: b, retry: c }),
        () => testing.sample('payment.purchase', { amount: a, currency: b, updatedAt: c }),
        () => finality(a, b, c),
        () => new Schedule({ since: a, delays: b, waits: c }),
        () => new Schedule().checkRetention(a),
        () => new Schedule().acknowledgementWait(a),
        () => Reply.toError(a, { stored: b }),
        () => Event.parseUnverified(SAMPLE).isNewerThan(a),
        () => new Receiver(a, b),
      ]
      for (const call of calls) {
        documented(call, WebhookError, TypeError)
      }
    }),
  )
})

test('numbers of every size give a value or a documented error', () => {
  for (const number of [-1, 0, -0, 1, 1.5, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 64, 1e300, Number.NaN, Number.POSITIVE_INFINITY, -(2 ** 53)]) {
    for (const call of [
      () => new Verifier({ hmacSecret: 's', maxBodyBytes: number }),
      () => new Schedule({ delays: [0, number] }),
      () => new Schedule({ waits: [number] }),
      () => new Schedule().checkRetention(number),
      () => new Schedule().acknowledgementWait(number),
      () => testing.sample('payment.purchase', { retry: number }),
    ]) {
      documented(call, WebhookError, TypeError)
    }
  }
})
