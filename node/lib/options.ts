import type { Options } from '../native'
import * as native from '../native'
import { errorOf, wrongArgument } from './errors'
import { isPlain, known, readGiven } from './given'

/** The options of a verifier. Each secret and credential is one string or up to eight, all of which are accepted. */
export interface VerifierOptions {
  /** The webhook's client secret; several while you rotate. */
  readonly hmacSecret?: string | readonly string[] | null | undefined
  /** What the header `x-api-key` must hold. */
  readonly apiKey?: string | readonly string[] | null | undefined
  /** What the header `x-secret` must hold. */
  readonly xSecret?: string | readonly string[] | null | undefined
  /** What other headers must hold, whole: `{ authorization: 'Bearer abc' }`. */
  readonly requiredHeaders?: Readonly<Record<string, string | readonly string[]>> | null | undefined
  /** The largest body that is looked at, in bytes: 2 MiB otherwise, 64 MiB at most. */
  readonly maxBodyBytes?: number | undefined
  /** True to receive without a signature; then at least one of the other credentials must be set, and no `hmacSecret`. */
  readonly unsigned?: boolean | undefined
}

const NAMES = ['hmacSecret', 'apiKey', 'xSecret', 'requiredHeaders', 'maxBodyBytes', 'unsigned'] as const

/** The options as the native part takes them; their types are checked here, their values in the core. */
export function nativeOptions(given: unknown): Options {
  const {
    hmacSecret,
    apiKey,
    xSecret,
    requiredHeaders,
    maxBodyBytes,
    unsigned = false,
  } = known(given, NAMES, 'Verifier', 'new Verifier({ hmacSecret: ... })')
  if (typeof unsigned !== 'boolean') {
    throw wrongArgument('unsigned must be true or false.')
  }
  if (maxBodyBytes !== undefined && typeof maxBodyBytes !== 'number') {
    throw wrongArgument('maxBodyBytes must be a number of bytes.')
  }
  const ceiling = native.largestBody()
  if (maxBodyBytes !== undefined && !(Number.isInteger(maxBodyBytes) && maxBodyBytes >= 1 && maxBodyBytes <= ceiling)) {
    throw errorOf('INVALID_LIMIT', `In Node a body limit is a whole number of bytes, at least 1 and at most 64 MiB (${ceiling}).`)
  }
  // Without a prototype: the native part looks for what is not set there too.
  const options = {
    __proto__: null,
    hmacSecrets: values(hmacSecret, 'hmacSecret') ?? [],
    requiredHeaders: headers(requiredHeaders),
    unsigned,
  }
  const set = { apiKey: values(apiKey, 'apiKey'), xSecret: values(xSecret, 'xSecret'), maxBodyBytes }
  return Object.assign(options, Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined && value !== null)))
}

/** The UTF-8 of a secret must be its text: the engine would put another character in place of half a pair. */
export function secretText(text: string): string {
  if (!text.isWellFormed()) {
    throw errorOf('INVALID_SECRET')
  }
  return text
}

/** The values of a secret or credential; null if the option is not set. */
function values(given: unknown, option: string): string[] | null {
  if (given === undefined || given === null) {
    return null
  }
  const list: unknown[] = readGiven(option, () => (Array.isArray(given) ? Array.from(given) : [given]))
  return list.map((value) => {
    if (typeof value !== 'string') {
      throw wrongArgument(`${option} must be a string or an array of strings.`)
    }
    return secretText(value)
  })
}

function headers(given: unknown): Options['requiredHeaders'] {
  if (given === undefined || given === null) {
    return []
  }
  const entries = readGiven('requiredHeaders', () => {
    // A Map or a list of pairs has no names of its own here, and would require nothing.
    if (!isPlain(given) || Symbol.iterator in given) {
      throw wrongArgument('requiredHeaders must be a plain object of names and accepted values.')
    }
    return Object.entries(given)
  })
  return entries.map(([name, value]) => {
    const accepted = values(value, 'A required header')
    if (accepted === null) {
      throw wrongArgument(`The required header ${JSON.stringify(name.slice(0, 64))} has no value. Leave it out, or give what it must hold.`)
    }
    return { name, accepted }
  })
}
