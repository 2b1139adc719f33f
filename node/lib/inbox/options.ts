import type { Schedule } from '../delivery'
import type { Kind } from '../names'
import type { Observer } from './outcome'
import type { Publisher } from './publish'
import type { State } from './record'

export const OPTIONS = ['scope', 'migrate', 'onOutcome', 'publish'] as const

/** What every store takes. */
export interface InboxOptions {
  /** Your name for the endpoint, if several share the database: "default" otherwise. */
  readonly scope?: string | undefined
  /** False not to make or update the schema: one that is not this release's is then `SCHEMA_MISMATCH`. */
  readonly migrate?: boolean | undefined
  /** Is told what became of each delivery. */
  readonly onOutcome?: Observer | undefined
  /**
   * Hands deliveries to a queue of your own: is called with the key of each that was stored, after it was, and by `sweep`. The queue's consumer calls
   * `work`. What fails here changes nothing: the answer waits for it no longer than a second, and the delivery is found by `sweep`.
   */
  readonly publish?: Publisher | undefined
}

export interface LaneOptions {
  /** After how many seconds without a word it goes to another worker: 60 unless given. */
  readonly lease?: number | undefined
  /** After so many attempts a delivery whose worker ended without a word is dead: 24 unless given. */
  readonly attempts?: number | undefined
}

export interface ClaimOptions extends LaneOptions {
  /** How many at most: 1 unless given. */
  readonly limit?: number | undefined
}

/** Which of the dead. */
export interface DeadOptions {
  readonly kind?: Kind | undefined
  readonly limit?: number | undefined
}

/** Which deliveries. */
export interface ListOptions extends DeadOptions {
  /** The dead unless given. */
  readonly state?: State | undefined
}

/** What nobody has claimed. */
export interface DueOptions {
  /** What has been due for so many seconds: 60 unless given. */
  readonly olderThan?: number | undefined
  /** How many at most: 1000 unless given. */
  readonly limit?: number | undefined
  /** After so many attempts a delivery whose worker ended without a word is dead: 24 unless given. */
  readonly attempts?: number | undefined
}

/** What is removed: of deliveries that came so many seconds ago, or earlier. */
export interface AgeOptions {
  readonly olderThan: number
  /** Your organisation's own, if it is not the documented one. */
  readonly schedule?: Schedule | undefined
  /** How many in one statement: 1000 unless given. */
  readonly limit?: number | undefined
}
