import * as native from '../native'
import { guarded, WebhookError, wrongArgument } from './errors'
import { isA, known, readGiven } from './given'

/** What a receiver answers. */
export class Reply {
  /** The HTTP status. */
  readonly status: number
  /** The body, JSON or empty. */
  readonly body: string

  // They cannot change, so one of each is enough.
  static readonly #received = new Reply(native.replyReceived())
  static readonly #tryAgain = new Reply(native.replyTryAgain())

  private constructor({ status, body }: { status: number; body: string }) {
    this.status = status
    this.body = body
    Object.freeze(this)
  }

  /** To a delivery that was accepted, is a duplicate, or is of an unknown kind: 200. */
  static received(): Reply {
    return Reply.#received
  }

  /** To a delivery that could not be stored or handled now: 503, so that the provider tries again. */
  static tryAgain(): Reply {
    return Reply.#tryAgain
  }

  /** To a delivery that was refused. `stored` says that its raw bytes are kept: an authentic one is then acknowledged. */
  static toError(error: WebhookError, options: { readonly stored?: boolean } = {}): Reply {
    if (!isA(error, WebhookError)) {
      throw wrongArgument('The error must be a WebhookError.')
    }
    const { stored = false } = known(options, ['stored'], 'Reply.toError')
    if (typeof stored !== 'boolean') {
      throw wrongArgument('stored must be true or false.')
    }
    return new Reply(guarded(() => native.replyToError(`${error.code}`, `${error.hint}`, stored)))
  }
}

/** The paths that the provider adds to the merchant's base URL by itself, for bank transfers. */
export const fixedPaths: readonly string[] = Object.freeze(native.fixedPaths())

/** An organisation's own schedule, in whole seconds; what is left out is as documented. */
export interface ScheduleOptions {
  /** From when the delays count; from the previous try unless said otherwise. */
  readonly since?: 'first_try' | 'previous_try'
  /** A delay a try, the first of them 0. */
  readonly delays?: readonly number[] | null
  /** How long the provider waits for an acknowledgement of each try; the last holds for all later ones. */
  readonly waits?: readonly number[] | null
}

/** When the provider tries to deliver, and how long it waits for an acknowledgement. Times are in seconds. */
export class Schedule {
  readonly #own: native.ExternalObject<native.Schedule>

  /** @throws {ConfigurationError} */
  constructor(options: ScheduleOptions = {}) {
    const { since = 'previous_try', delays, waits } = known(options, ['since', 'delays', 'waits'], 'Schedule')
    if (since !== 'first_try' && since !== 'previous_try') {
      throw wrongArgument('since must be "first_try" or "previous_try".')
    }
    const [ownDelays, ownWaits] = [numbers(delays, 'delays'), numbers(waits, 'waits')]
    this.#own = guarded(() => native.makeSchedule(since, ownDelays, ownWaits))
  }

  /** When each try comes, counted from the first. */
  get offsets(): number[] {
    return native.scheduleOffsets(this.#own)
  }

  /** From the first try to the last. */
  get total(): number {
    return native.scheduleTotal(this.#own)
  }

  /** The shortest time for which bodies may be kept. */
  get minimumRetention(): number {
    return native.scheduleMinimumRetention(this.#own)
  }

  /** How long the provider waits for an acknowledgement of this try; 0 is the first. */
  acknowledgementWait(retry: number): number {
    const own = this.#own
    const checked = whole(retry, 'retry')
    return guarded(() => native.scheduleAcknowledgementWait(own, checked))
  }

  /**
   * Refuses a retention in which a body could be removed while the provider may still deliver it again.
   *
   * @throws {InboxError} `RETENTION_TOO_SHORT`
   */
  checkRetention(seconds: number): void {
    const own = this.#own
    const checked = whole(seconds, 'seconds')
    guarded(() => native.scheduleCheckRetention(own, checked))
  }
}

function numbers(given: unknown, option: string): number[] | null {
  if (given === undefined || given === null) {
    return null
  }
  return readGiven(option, () => {
    if (!Array.isArray(given)) {
      throw wrongArgument(`${option} must be an array of numbers.`)
    }
    return Array.from(given, (one) => number(one, `Each of ${option}`))
  })
}

function number(given: unknown, what: string): number {
  if (typeof given !== 'number') {
    throw wrongArgument(`${what} must be a number.`)
  }
  return given
}

function whole(given: unknown, what: string): number {
  const count = number(given, what)
  if (!Number.isSafeInteger(count) || count < 0) {
    throw wrongArgument(`${what} must be a whole number, 0 or more.`)
  }
  return count
}
