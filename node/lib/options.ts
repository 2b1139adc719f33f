import type { Options } from '../native'
import { errorOf, wrongArgument } from './errors'

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
  const { hmacSecret, apiKey, xSecret, requiredHeaders, maxBodyBytes, unsigned = false } = known(given, NAMES, 'Verifier')
  if (typeof unsigned !== 'boolean') {
    throw wrongArgument('unsigned must be true or false.')
  }
  if (maxBodyBytes !== undefined && typeof maxBodyBytes !== 'number') {
    throw wrongArgument('maxBodyBytes must be a number of bytes.')
  }
  const options: Options = { hmacSecrets: values(hmacSecret, 'hmacSecret') ?? [], requiredHeaders: headers(requiredHeaders), unsigned }
  const own = { apiKey: values(apiKey, 'apiKey'), xSecret: values(xSecret, 'xSecret') }
  if (own.apiKey !== null) {
    options.apiKey = own.apiKey
  }
  if (own.xSecret !== null) {
    options.xSecret = own.xSecret
  }
  if (maxBodyBytes !== undefined) {
    options.maxBodyBytes = maxBodyBytes
  }
  return options
}

/** The given options, if all of them are known: a misspelt one would be silently not set. */
export function known<Name extends string>(given: unknown, names: readonly Name[], of: string): Partial<Record<Name, unknown>> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw wrongArgument(`The options of ${of} must be an object.`)
  }
  for (const name of Object.keys(given)) {
    if (!(names as readonly string[]).includes(name)) {
      throw wrongArgument(`${of} has no option ${JSON.stringify(name.slice(0, 64))}. Did you mean ${nearest(name, names)}?`)
    }
  }
  return given as Partial<Record<Name, unknown>>
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
  return (Array.isArray(given) ? given : [given]).map((value: unknown) => {
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
  // A Map or a list of pairs has no names of its own here, and would require nothing.
  if (typeof given !== 'object' || Symbol.iterator in given) {
    throw wrongArgument('requiredHeaders must be an object of names and accepted values.')
  }
  return Object.entries(given).map(([name, value]) => {
    const accepted = values(value, 'A required header')
    if (accepted === null) {
      throw wrongArgument(`The required header ${JSON.stringify(name.slice(0, 64))} has no value. Leave it out, or give what it must hold.`)
    }
    return { name, accepted }
  })
}

function nearest<Name extends string>(name: string, names: readonly Name[]): string {
  const near = (one: string) => distance(one.toLowerCase(), name.slice(0, 64).toLowerCase().replaceAll(/[_-]/g, ''))
  return [...names].sort((first, second) => near(first) - near(second))[0] ?? ''
}

/** How many characters must change (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, place) => place)
  for (const [place, character] of [...from].entries()) {
    const next = [place + 1]
    for (let at = 1; at <= to.length; at += 1) {
      const replaced = (row[at - 1] ?? 0) + (character === to[at - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[at] ?? 0) + 1, (next[at - 1] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
