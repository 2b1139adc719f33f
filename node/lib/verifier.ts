import type { ExternalObject, Verifier as Native } from '../native'
import * as native from '../native'
import { type Body, rawBytes } from './body'
import { guarded, publicError, wrongArgument } from './errors'
import { eventOf } from './event'
import { isA, known } from './given'
import { type HeadersInput, WantedHeaders } from './headers'
import type { WebhookEvent } from './kinds'
import { nativeOptions, secretText, type VerifierOptions } from './options'

/** Decides whether deliveries are authentic. Make one at start and share it. */
export class Verifier {
  readonly #own: ExternalObject<Native>
  readonly #headers: WantedHeaders

  /** @throws {ConfigurationError} */
  constructor(options: VerifierOptions = {}) {
    this.#own = isA(options, FromVariables) ? options.own : makeVerifier(options)
    this.#headers = new WantedHeaders(native.headerNames(this.#own))
  }

  /**
   * A verifier from the variables YUNO_WEBHOOK_HMAC_SECRET, YUNO_WEBHOOK_API_KEY, YUNO_WEBHOOK_X_SECRET (one value a line; one empty line at the
   * end is ignored) and YUNO_WEBHOOK_UNSIGNED ("1" to receive without a signature).
   *
   * @throws {ConfigurationError}
   */
  static fromEnv(environment: Readonly<Record<string, string | undefined>> = process.env): Verifier {
    if (typeof environment !== 'object' || environment === null) {
      throw wrongArgument('The environment must be an object of names and texts, such as process.env.')
    }
    let failure: unknown
    // It must not throw through the native part, so what goes wrong is thrown afterwards.
    const lookUp = (name: string): string | null => {
      try {
        return variable(environment, name)
      } catch (thrown) {
        failure ??= thrown
        return null
      }
    }
    const own = guardedBy(
      () => native.makeVerifierFromVariables(lookUp),
      () => failure,
    )
    return new Verifier(new FromVariables(own) as VerifierOptions)
  }

  /**
   * Looks at what is known of a delivery before its body is read: the values of its headers content-length and content-encoding.
   *
   * @throws {AuthenticationError} `BODY_ENCODED` or `BODY_TOO_LARGE`, for what could never be accepted. Count what you read all the same.
   */
  admit(headers: { readonly contentLength?: string | null | undefined; readonly contentEncoding?: string | null | undefined }): void {
    const own = this.#own
    const { contentLength, contentEncoding } = known(headers, ['contentLength', 'contentEncoding'], 'Verifier.admit')
    const [length, encoding] = [headerValue(contentLength, 'contentLength'), headerValue(contentEncoding, 'contentEncoding')]
    guarded(() => native.admit(own, length, encoding))
  }

  /**
   * Verifies a delivery and then reads it. `body` is the raw body as received.
   *
   * @throws {AuthenticationError}
   * @throws {PayloadError} if the delivery is authentic, but its body cannot be read.
   */
  verify(body: Body, headers: HeadersInput): WebhookEvent {
    const own = this.#own
    // The headers first: they may be read by code of the caller's, and nothing may change the body once it was looked at.
    const pairs = this.#headers.read(headers)
    const bytes = rawBytes(body)
    let record: string
    try {
      record = native.verify(own, pairs, bytes)
    } catch (thrown) {
      throw publicError(thrown)
    }
    return eventOf(record)
  }

  /** The largest body that is looked at, in bytes. A receiver may stop reading one byte further. */
  get maxBodyBytes(): number {
    return native.maxBodyBytes(this.#own)
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return 'Verifier(redacted)'
  }
}

/** Brings a verifier that is made already through the constructor. */
class FromVariables {
  readonly own: ExternalObject<Native>

  constructor(own: ExternalObject<Native>) {
    this.own = own
  }
}

function makeVerifier(given: unknown): ExternalObject<Native> {
  const options = nativeOptions(given)
  return guarded(() => native.makeVerifier(options))
}

function guardedBy<T>(call: () => T, failure: () => unknown): T {
  let made: T | undefined
  let thrown: unknown
  try {
    made = call()
  } catch (error) {
    thrown = publicError(error)
  }
  const first = failure() ?? thrown
  if (first !== undefined) {
    throw first
  }
  return made as T
}

function headerValue(given: unknown, name: string): string | null {
  if (given === undefined || given === null) {
    return null
  }
  if (typeof given !== 'string') {
    throw wrongArgument(`${name} must be the header's value, a string, or null.`)
  }
  return given
}

function variable(environment: Readonly<Record<string, string | undefined>>, name: string): string | null {
  let value: unknown
  try {
    // Its own: what somebody put on Object.prototype is no variable.
    value = Object.hasOwn(environment, name) ? environment[name] : undefined
  } catch {
    throw wrongArgument(`The variable ${name} could not be read: the environment's own code threw.`)
  }
  if (value === undefined || value === null) {
    return null
  }
  if (typeof value !== 'string') {
    throw wrongArgument(`The variable ${name} must be a string.`)
  }
  return secretText(value)
}
