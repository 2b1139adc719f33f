import { types } from 'node:util'
import { wrongArgument } from './errors'

/** The raw body of a request. */
export type Body = ArrayBufferView | ArrayBufferLike

/** How each framework gives the raw bytes. */
export const FIX =
  'Give the raw bytes as they came in: in Express by the middleware of yuno-webhooks/express, or ' +
  "express.raw({ type: '*/*', limit: '2mb' }) on this route, before express.json(); in Fastify by the plugin of yuno-webhooks/fastify, or " +
  "addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit: 2097152 }, (request, body, done) => done(null, body)); " +
  'in Next Buffer.from(await request.arrayBuffer()), under pages/api with bodyParser: false; ' +
  "in Nest by mount of yuno-webhooks/nest, or rawBody: true, app.useBodyParser('json', { limit: '2mb' }) and request.rawBody; " +
  'in Koa the raw-body of ctx.req, before any body parser; in Lambda Buffer.from(event.body, event.isBase64Encoded ? "base64" : "utf8").'

// The getters of the language itself: what an object says of its own length may be a lie.
const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object
const arrayTag = getter<string | undefined>(typedArray, Symbol.toStringTag)
const arrayBuffer = getter<ArrayBufferLike>(typedArray, 'buffer')
const arrayOffset = getter<number>(typedArray, 'byteOffset')
const arrayLength = getter<number>(typedArray, 'byteLength')
const viewBuffer = getter<ArrayBufferLike>(DataView.prototype, 'buffer')
const viewOffset = getter<number>(DataView.prototype, 'byteOffset')
const viewLength = getter<number>(DataView.prototype, 'byteLength')
const { isArrayBuffer, isDataView, isSharedArrayBuffer } = types

function getter<T>(of: object, name: PropertyKey): (value: unknown) => T {
  const get = Object.getOwnPropertyDescriptor(of, name)?.get as (this: unknown) => T
  return Function.prototype.call.bind(get) as (value: unknown) => T
}

/** The body as bytes that the native part may borrow: no other thread's, and never the emptiness that a detached buffer shows. */
export function rawBytes(body: unknown): Uint8Array {
  const tag = typeof body === 'object' && body !== null ? arrayTag(body) : undefined
  if (tag === 'Uint8Array' && arrayLength(body) > 0 && !isSharedArrayBuffer(arrayBuffer(body))) {
    return body as Uint8Array
  }
  let bytes: Uint8Array
  try {
    if (tag !== undefined) {
      const buffer = arrayBuffer(body)
      // A view whose buffer is gone, or has shrunk below it, says 0 of all its sizes: this asks in a way that throws.
      Reflect.apply(Uint8Array.prototype.keys, body, [])
      bytes = new Uint8Array(buffer, arrayOffset(body), arrayLength(body))
    } else if (isDataView(body)) {
      bytes = new Uint8Array(viewBuffer(body), viewOffset(body), viewLength(body))
    } else if (isArrayBuffer(body) || isSharedArrayBuffer(body)) {
      bytes = new Uint8Array(body as ArrayBufferLike)
    } else {
      throw wrongArgument(`The body is ${described(body)}, not raw bytes. ${FIX}`)
    }
  } catch (thrown) {
    if (thrown instanceof TypeError && 'code' in thrown) {
      throw thrown
    }
    throw wrongArgument('The body is detached: its buffer was transferred or has shrunk. Verify the body before its buffer is given away.')
  }
  // Rust must not borrow what another thread may write to.
  return isSharedArrayBuffer(bytes.buffer) ? new Uint8Array(bytes) : bytes
}

/** What was given instead of bytes; never its text. */
function described(body: unknown): string {
  if (body === undefined || body === null) {
    return `${body}`
  }
  if (typeof body === 'object') {
    return Array.isArray(body) ? 'an array' : 'an object, probably one that a body parser made'
  }
  return typeof body === 'string' ? 'a string, which was decoded already' : `a ${typeof body}`
}
