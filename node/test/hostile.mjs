// Inputs that try to break the boundary: [name, call]. Each call must give a value or one of the documented errors.
import { Event, finality, Receiver, Reply, Schedule, Verifier } from 'yuno-webhooks'
import * as testing from 'yuno-webhooks/testing'

const SECRET = 'a-test-secret'
const BODY = testing.sample('payment.purchase')
const HEADERS = testing.headers(BODY, SECRET)
const VERIFIER = new Verifier({ hmacSecret: SECRET })
const EVENT = VERIFIER.verify(BODY, HEADERS)

/** Wrong on purpose. @param {unknown} value @returns {any} */
const any = (value) => value
/** @returns {any} */
const raise = () => {
  throw new Error('s3cret')
}
const throwing = new Proxy({}, { get: raise, ownKeys: raise, has: raise, getPrototypeOf: raise, getOwnPropertyDescriptor: raise })
const polluted = JSON.parse('{"__proto__":{"x-hmac-signature":"a"},"constructor":{"prototype":{"unsigned":true}}}')
const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
const cyclic = /** @type {any} */ ({})
cyclic.self = cyclic
cyclic.headers = cyclic
const detached = () => {
  const bytes = new Uint8Array(BODY)
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
  return bytes
}
const shrunk = () => {
  const buffer = new ArrayBuffer(64, { maxByteLength: 64 })
  const view = new Uint8Array(buffer, 8, 32)
  any(buffer).resize(4)
  return view
}
const LONE = '\ud800'

const bodies = {
  'a throwing proxy': throwing,
  'a revoked proxy': revoked(),
  'a proxy of bytes': new Proxy(new Uint8Array(BODY), {}),
  'a detached view': detached(),
  'a view out of bounds': shrunk(),
  'a cyclic object': cyclic,
  'an imitation': { length: 5, byteLength: 5, buffer: new ArrayBuffer(5), [Symbol.toStringTag]: 'Uint8Array' },
  'a prototype': Uint8Array.prototype,
  'a class': Uint8Array,
  'a lone surrogate': LONE,
  'a symbol': Symbol('body'),
  'a bigint': 10n ** 1000n,
  'a function': raise,
  'a regular expression': /a/,
  'polluted JSON': polluted,
  'a number': Number.NaN,
}
const headers = {
  'a throwing proxy': throwing,
  'a revoked proxy': revoked(),
  'polluted JSON': polluted,
  'a cyclic object': cyclic,
  'a getter that throws': any({
    get 'x-hmac-signature'() {
      return raise()
    },
  }),
  'an iterator that throws': { [Symbol.iterator]: raise },
  'an endless pair': [any(new Array(2 ** 20))],
  'a value with its own toString': { 'x-hmac-signature': { toString: raise } },
  'a lone surrogate': { 'x-hmac-signature': LONE },
  'a name of a lone surrogate': { [LONE]: LONE },
  'a megabyte': { 'x-hmac-signature': 'a'.repeat(1 << 20) },
  'control characters': { 'x-hmac-signature': '\0\r\n\0' },
  'a sparse list': new Array(2),
  'a holder that throws': any({
    get headers() {
      return raise()
    },
  }),
  'null prototypes': Object.create(null),
  'a symbol as its value': { 'x-hmac-signature': Symbol('a') },
}
const options = {
  'a throwing proxy': throwing,
  'a revoked proxy': revoked(),
  'polluted JSON': polluted,
  'a getter that throws': any({
    get hmacSecret() {
      return raise()
    },
  }),
  'an array that throws': { hmacSecret: any(new Proxy(['s'], { get: raise })) },
  'a lone surrogate': { hmacSecret: LONE },
  'a name of a lone surrogate': { hmacSecret: 's', requiredHeaders: { [LONE]: 'a' } },
  'headers that throw': { hmacSecret: 's', requiredHeaders: throwing },
  'a limit beyond all': { hmacSecret: 's', maxBodyBytes: Number.MAX_VALUE },
  'many secrets': { hmacSecret: new Array(10_000).fill('s') },
  'a long secret': { hmacSecret: 's'.repeat(1 << 20) },
  'a sparse list': { hmacSecret: new Array(3) },
}
/** @type {Record<string, () => unknown>} */
const others = {
  'an environment that throws': () => Verifier.fromEnv(throwing),
  'an environment of a lone surrogate': () => Verifier.fromEnv({ YUNO_WEBHOOK_HMAC_SECRET: LONE }),
  'a method of another': () => Verifier.prototype.verify.call(any(EVENT), BODY, HEADERS),
  'a getter of another': () => Reflect.get(Event.prototype, 'kind', {}),
  'an event of a class': () => Reflect.construct(Event, ['x'], Object),
  'recency of a proxy': () => EVENT.isNewerThan(any(new Proxy(EVENT, {}))),
  'recency of nothing': () => EVENT.compareRecency(any(Object.create(Event.prototype))),
  'a reply to a proxy': () => Reply.toError(any(throwing)),
  'a schedule of a proxy': () => new Schedule(any(throwing)),
  'a schedule of huge numbers': () => new Schedule({ delays: [0, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER] }),
  'finality of lone surrogates': () => finality(any(LONE), LONE, LONE),
  'a secret that is detached': () => testing.sign(BODY, detached()),
  'a sample of a proxy': () => testing.sample(any(throwing), any(throwing)),
  'a sample of lone surrogates': () => testing.sample('payment.purchase', { id: LONE, merchantReference: LONE }),
  'a sample of a polluted kind': () => testing.sample(any('__proto__')),
  'a receiver of a proxy': () => new Receiver(any(throwing), any(throwing)),
  'a handler of a polluted kind': () => new Receiver(VERIFIER, { fallback: raise }).on(any('__proto__'), raise),
  'admission of a proxy': () => VERIFIER.admit(any(throwing)),
  'admission of a lone surrogate': () => VERIFIER.admit({ contentLength: LONE, contentEncoding: LONE }),
  'a deep body': () => Event.parseUnverified(Buffer.from(`{"data":${'['.repeat(500_000)}${']'.repeat(500_000)}}`)).data,
  'a key that pollutes': () => Event.parseUnverified(Buffer.from('{"__proto__":{"a":1},"payment":{"__proto__":{"id":1}}}')).data.payment.id,
}

/** @type {[string, () => unknown][]} */
export const HOSTILE = [
  ...Object.entries(bodies).map(([name, body]) => /** @type {any} */ ([`a body: ${name}`, () => VERIFIER.verify(any(body), HEADERS)])),
  ...Object.entries(headers).map(([name, own]) => /** @type {any} */ ([`headers: ${name}`, () => VERIFIER.verify(BODY, any(own))])),
  ...Object.entries(options).map(([name, own]) => /** @type {any} */ ([`options: ${name}`, () => new Verifier(any(own))])),
  ...Object.entries(others),
]
