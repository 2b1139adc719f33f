import { randomInt } from 'node:crypto'
import * as native from '../../native'
import { guarded, wrongArgument } from '../errors'
import { known } from '../given'
import { milliseconds } from './spans'

/** What is left out is 5 seconds, an hour, and 24 attempts: 7 to 14 hours in all. */
export interface BackoffOptions {
  /** The first wait, in seconds. */
  readonly first?: number | undefined
  /** The longest, in seconds. */
  readonly most?: number | undefined
  /** How many attempts there are before a delivery is dead. */
  readonly attempts?: number | undefined
}

/** How long a failed delivery waits for its next attempt: twice as long each time, up to a limit, and a random part of it less. */
export class Backoff {
  readonly #own: native.InboxBackoff

  /** @throws {ConfigurationError} `INVALID_LIMIT` */
  constructor(options: BackoffOptions = {}) {
    const { first, most, attempts } = known(options, ['first', 'most', 'attempts'], 'Backoff')
    const span = (given: unknown, name: string) => (given === undefined ? null : milliseconds(given, name))
    const [ownFirst, ownMost] = [span(first, 'first'), span(most, 'most')]
    if (attempts !== undefined && typeof attempts !== 'number') {
      throw wrongArgument('attempts must be a number.')
    }
    this.#own = guarded(() => native.inboxBackoff(ownFirst, ownMost, attempts ?? null))
  }

  /** The first wait, in seconds. */
  get first(): number {
    return this.#own.first / 1000
  }

  /** The longest, in seconds. */
  get most(): number {
    return this.#own.most / 1000
  }

  get attempts(): number {
    return this.#own.attempts
  }

  /** How many seconds to wait after an attempt that failed, of which 1 is the first; null after the last. `random` is any whole number of 32 bits. */
  delay(attempt: number, random: number = randomInt(2 ** 32)): number | null {
    const own = this.#own
    for (const number of [attempt, random]) {
      if (!Number.isInteger(number) || number < 0 || number >= 2 ** 32) {
        throw wrongArgument('attempt and random must be whole numbers from 0 to 4294967295.')
      }
    }
    const wait = guarded(() => native.inboxBackoffDelay(own, attempt, random))
    return wait === null ? null : wait / 1000
  }
}
