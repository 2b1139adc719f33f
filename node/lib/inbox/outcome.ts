import type { Kind } from '../names'

/**
 * At the door `accepted`, `duplicate`, `repeat` (another occurrence with an equal body), `unreadable` (an authentic body that is no event was stored,
 * as dead) or `unavailable` (not stored, to be sent again); in a worker `done`, `failed` (to be tried again), `dead` (no attempt is left) or `stale`
 * (another worker has it now).
 */
export type Result = 'accepted' | 'duplicate' | 'repeat' | 'unreadable' | 'unavailable' | 'done' | 'failed' | 'dead' | 'stale'

/** What became of a delivery, for whoever counts. */
export interface Outcome {
  readonly result: Result
  readonly kind: Kind | null
  /** Its key in the store. */
  readonly key: string
  /** How long storing or the work took. */
  readonly seconds: number
}

export type Observer = (outcome: Outcome) => unknown

/** Tells the merchant's function; its failure is its own. */
export function report(observer: Observer | undefined, outcome: Outcome): void {
  if (observer === undefined) {
    return
  }
  const call = async () => observer(outcome)
  call().catch((thrown) => console.error('yuno-webhooks: onOutcome failed, which changes nothing: %s', classOf(thrown)))
}

/** The class of an error, and its code: all of it that may be logged of a driver's, whose other fields can quote a row. */
export function classOf(thrown: unknown): string {
  try {
    const { code, name, message } = thrown as { code?: unknown; name?: unknown; message?: unknown }
    const type = thrown instanceof Error ? thrown.constructor.name : typeof thrown
    // Redis writes its code into the text, as the first word.
    const own = name === 'ReplyError' ? /^[A-Z]{3,20}(?= )/.exec(String(message))?.[0] : code
    return typeof own === 'string' ? `${type} ${own}` : type
  } catch {
    return 'an error that cannot be read'
  }
}
