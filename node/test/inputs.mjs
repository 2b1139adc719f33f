// What the tests of inputs share: a signed delivery, how errors are told, and the bytes of a vector.
import { Event, Verifier, WebhookError } from 'yuno-webhooks'
import * as testing from 'yuno-webhooks/testing'

export const SECRET = 'a-test-secret'
export const BODY = testing.sample('payment.purchase')
export const SIGNATURE = testing.sign(BODY, SECRET)
export const HEADERS = { 'x-hmac-signature': SIGNATURE }
export const VERIFIER = new Verifier({ hmacSecret: SECRET })
export const KEY = Event.parseUnverified(BODY).dedupeKey

/** Wrong on purpose. @param {unknown} value @returns {any} */
export const any = (value) => value

/** @param {string} code */
export const coded = (code) => (/** @type {unknown} */ error) => error instanceof WebhookError && error.code === code

/** @param {RegExp} text */
export const typeError = (text) => (/** @type {any} */ error) =>
  error instanceof TypeError && any(error).code === 'INVALID_ARGUMENT' && text.test(error.message) && error.cause === undefined

/** The bytes that a vector stands for. @param {any} spec */
export function toBytes(spec) {
  if (typeof spec === 'string') {
    return Buffer.from(spec)
  }
  if ('base64' in spec) {
    return Buffer.from(spec.base64, 'base64')
  }
  return Buffer.from(spec.prefix + spec.repeat.repeat(spec.count) + spec.suffix)
}
