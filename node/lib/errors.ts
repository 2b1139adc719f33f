import * as native from '../native'
import type { ErrorCode } from './names'

/** Where an error arises, which says who can mend it. */
export type Stage = 'configuration' | 'authentication' | 'payload' | 'inbox' | 'boundary'

/** A row of the error table. */
export interface ErrorRow {
  readonly name: ErrorCode
  readonly number: number
  readonly stage: Stage
  readonly httpStatus: number
  readonly message: string
}

const TABLE: readonly ErrorRow[] = Object.freeze(native.errorCodes().map((row) => Object.freeze(row as ErrorRow)))
const BY_NAME: ReadonlyMap<unknown, ErrorRow> = new Map(TABLE.map((row) => [row.name, row]))

/** Every error code, by number. */
export function errorCodes(): readonly ErrorRow[] {
  return TABLE
}

/**
 * Why a delivery, a configuration or a call was refused.
 *
 * The text says what to do next. It never holds a body, a secret, a credential or an expected signature.
 */
export class WebhookError extends Error {
  /** The stable name, such as `SIGNATURE_MISMATCH`; the same in every language. */
  readonly code: ErrorCode
  /** The stable number. */
  readonly number: number
  readonly stage: Stage
  /** The HTTP status to answer; `Reply.toError` also knows the body. */
  readonly httpStatus: number
  /** What more is known of this case, or the empty string. */
  readonly hint: string

  constructor(message: string, row: Omit<ErrorRow, 'message'>, hint = '') {
    super(message)
    this.code = row.name
    this.number = row.number
    this.stage = row.stage
    this.httpStatus = row.httpStatus
    this.hint = hint
  }

  /** For logs: an error's own fields would leave out its name and its text. */
  toJSON(): { name: string; code: ErrorCode; message: string } {
    const { name, code, message } = this
    return { name, code, message }
  }
}

/** The library was set up wrongly: mend it before the first delivery. */
export class ConfigurationError extends WebhookError {}

/** The delivery is not proven authentic; nothing in it may be believed. */
export class AuthenticationError extends WebhookError {}

/** The delivery is authentic, but its body cannot be read; its bytes are worth keeping. */
export class PayloadError extends WebhookError {}

/** The store refused or lost its hold on a delivery. */
export class InboxError extends WebhookError {}

const CLASSES: Readonly<Record<Stage, typeof WebhookError>> = {
  configuration: ConfigurationError,
  authentication: AuthenticationError,
  payload: PayloadError,
  inbox: InboxError,
  boundary: WebhookError,
}

// On the prototypes, as the engine's own errors have it: a stack then begins with the class, and no error carries the name again.
for (const type of [WebhookError, ...Object.values(CLASSES)]) {
  Object.defineProperty(type.prototype, 'name', { value: type.name, writable: true, configurable: true })
}

/** The public error of a code; a hint says what more is known of this case, and may stand alone where it says what to do. */
export function errorOf(code: ErrorCode, hint = '', { isWhole = false } = {}): WebhookError {
  const row = BY_NAME.get(code) ?? BY_NAME.get('PANIC')
  if (row === undefined) {
    return new WebhookError('', { name: 'PANIC', number: 3, stage: 'boundary', httpStatus: 500 })
  }
  const advice = isWhole ? hint : `${hint === '' ? '' : `${hint} `}${row.message}`
  return new CLASSES[row.stage](`${row.name}: ${advice}`, row, hint)
}

/** The public error of what the native part threw: its message is the text, a line break, and the hint. */
export function publicError(thrown: unknown): WebhookError | TypeError {
  const { code, message } = thrown as { code?: unknown; message?: unknown }
  const row = BY_NAME.get(code)
  if (row === undefined || typeof message !== 'string') {
    // What else comes from there, a panic that was caught, could hold anything in its text.
    return errorOf('PANIC')
  }
  const [text = '', hint = ''] = message.split('\n')
  if (row.name === 'INVALID_ARGUMENT') {
    return wrongArgument(hint === '' ? text : hint)
  }
  return new CLASSES[row.stage](text, row, hint)
}

/** Calls the native part. */
export function guarded<T>(call: () => T): T {
  try {
    return call()
  } catch (thrown) {
    throw publicError(thrown)
  }
}

/** An argument of the wrong type: a `TypeError` with a code, as Node's own. */
export function wrongArgument(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: 'INVALID_ARGUMENT' })
}
