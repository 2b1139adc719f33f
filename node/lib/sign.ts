import * as native from '../native'
import { type Body, rawBytes } from './body'
import { guarded, wrongArgument } from './errors'
import { secretText } from './options'

/** Signs a body as the provider does. */
export function sign(body: Body, secret: string | Uint8Array): string {
  const bytes = rawBytes(body)
  const key = typeof secret === 'string' ? Buffer.from(secretText(secret)) : secret
  if (!(key instanceof Uint8Array)) {
    throw wrongArgument('The secret must be a string or a Uint8Array.')
  }
  return guarded(() => native.sign(bytes, key.length === 0 ? key : rawBytes(key)))
}

/** The headers that the provider sends with this body. */
export function headers(body: Body, secret: string | Uint8Array): { 'content-type': string; 'x-hmac-signature': string } {
  return { 'content-type': 'application/json', 'x-hmac-signature': sign(body, secret) }
}
