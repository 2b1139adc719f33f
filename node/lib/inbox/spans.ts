import { wrongArgument } from '../errors'

/** How many seconds a lease lasts unless said otherwise. */
export const LEASE = 60
/** The least that is more than nothing, in seconds. */
export const MOMENT = 0.001
/** The longest that a timer of Node waits, in seconds. */
const LONGEST = 2 ** 31 / 1000 - 1

/** Seconds as the whole milliseconds that stores count in. */
export function milliseconds(seconds: unknown, name: string, { least = 0, most = Number.MAX_SAFE_INTEGER / 1000 } = {}): number {
  if (typeof seconds !== 'number' || !(seconds >= least && seconds <= most)) {
    throw wrongArgument(`${name} must be a number of seconds, ${least} or more${most === LONGEST ? ', and less than 24 days' : ''}.`)
  }
  return Math.round(seconds * 1000)
}

/** Of a span for which a timer waits. */
export function timer(seconds: unknown, name: string, least = MOMENT): number {
  return milliseconds(seconds, name, { least, most: LONGEST })
}

/** A whole number that is at least 1. */
export function count(given: unknown, name: string): number {
  if (!Number.isSafeInteger(given) || (given as number) < 1) {
    throw wrongArgument(`${name} must be a whole number, 1 or more.`)
  }
  return given as number
}
