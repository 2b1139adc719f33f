/**
 * For tests of a receiver: sign a body, and make sample deliveries of any kind in every form that it can take.
 *
 * @module
 */

import * as native from '../native'
import { type Body, rawBytes } from './body'
import { guarded, wrongArgument } from './errors'
import type { Form, Kind } from './names'
import { known, secretText } from './options'

/** What can be chosen of a sample. What is not has a plausible value. */
export interface SampleOptions {
  /** One of the forms of the kind's row in `catalog()`. */
  readonly form?: Form
  /** How often the delivery was tried before; null leaves the count out. 0 unless given. */
  readonly retry?: number | null
  readonly status?: string
  readonly subStatus?: string
  readonly id?: string
  readonly accountId?: string
  readonly transactionId?: string
  readonly transactionStatus?: string
  readonly updatedAt?: string
  /** The digits that stand in the body, such as "24.90". */
  readonly amount?: string
  readonly currency?: string
  readonly merchantReference?: string
}

const TEXTS = [
  'form',
  'status',
  'subStatus',
  'id',
  'accountId',
  'transactionId',
  'transactionStatus',
  'updatedAt',
  'amount',
  'currency',
  'merchantReference',
] as const

/** Signs a body as the provider does. */
export function sign(body: Body, secret: string | Uint8Array): string {
  const bytes = rawBytes(body)
  const key = typeof secret === 'string' ? Buffer.from(secretText(secret)) : secret
  if (!(key instanceof Uint8Array)) {
    throw wrongArgument('The secret must be a string or a Uint8Array.')
  }
  return guarded(() => native.sign(bytes, key.length === 0 ? key : rawBytes(key)))
}

/**
 * Makes the body of a sample delivery of this kind; equal options give equal bytes.
 *
 * @throws {WebhookError} `INVALID_ARGUMENT` for a kind that is none, a form that it does not take, or an amount that is no JSON number.
 */
export function sample(kind: Kind, options: SampleOptions = {}): Buffer {
  const { retry = 0, ...given } = known(options, ['retry', ...TEXTS], 'sample')
  if (typeof kind !== 'string' || (retry !== null && typeof retry !== 'number')) {
    throw wrongArgument('The kind of a sample must be a string, and its retry a number or null.')
  }
  const texts: Partial<Record<(typeof TEXTS)[number], string>> = {}
  for (const name of TEXTS) {
    const text = given[name]
    if (typeof text === 'string') {
      texts[name] = text
    } else if (text !== undefined && text !== null) {
      throw wrongArgument(`${name} must be a string.`)
    }
  }
  return guarded(() => native.sample(kind, retry === null ? texts : { ...texts, retry }))
}

/** The headers that the provider sends with this body. */
export function headers(body: Body, secret: string | Uint8Array): { 'content-type': string; 'x-hmac-signature': string } {
  return { 'content-type': 'application/json', 'x-hmac-signature': sign(body, secret) }
}
