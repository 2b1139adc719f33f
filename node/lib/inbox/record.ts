import { wrongArgument } from '../errors'
import type { Bytes } from '../host'
import type { Kind } from '../names'
import { bytesOf } from './delivery'
import type { Row } from './store'

export const STATES = ['pending', 'processing', 'done', 'dead'] as const

/** Where a delivery stands: to be worked on, in the hand of a worker, worked on, or without an attempt that is left. */
export type State = (typeof STATES)[number]

/** That a delivery is stored, and may be acknowledged. */
export interface Accepted {
  /** Its key in the store: the event's dedupe key, with ".2", ".3" ... for another occurrence of an equal body. */
  readonly key: string
  readonly outcome: 'accepted' | 'duplicate' | 'repeat'
}

/** How full a store is. */
export interface Stats {
  /** Deliveries that no worker has, those that wait for their next attempt included. */
  readonly pending: number
  /** Of these, how many wait for their next attempt. */
  readonly waiting: number
  /** For how many seconds the oldest of them has been here: how far the workers are behind. */
  readonly oldestPending: number | null
  readonly leased: number
  readonly dead: number
  /** Redeliveries of what is stored. */
  readonly duplicates: number
}

/** What is stored of a delivery. */
export interface InboxRecord {
  readonly key: string
  /** Null for an authentic body that is no event. */
  readonly kind: Kind | null
  /** What is worked on one after another: the resource's kind and id. */
  readonly resource: string | null
  readonly state: State
  readonly attempts: number
  readonly duplicates: number
  readonly receivedAt: Date
  /** When the next attempt is due, if it is pending. */
  readonly availableAt: Date
  readonly finishedAt: Date | null
  /** Of the last attempt that failed. */
  readonly errorClass: string | null
  readonly errorText: string | null
  /** Null where it was purged. */
  readonly body: Bytes | null
}

export function recordOf(row: Row): InboxRecord {
  return {
    key: String(row.dedupe_key),
    kind: row.kind as Kind | null,
    resource: row.resource as string | null,
    state: row.state as State,
    attempts: Number(row.attempts),
    duplicates: Number(row.duplicates),
    receivedAt: new Date(Number(row.received_at)),
    availableAt: new Date(Number(row.available_at)),
    finishedAt: row.finished_at === null ? null : new Date(Number(row.finished_at)),
    errorClass: row.error_class as string | null,
    errorText: row.error_text as string | null,
    body: row.body === null ? null : bytesOf(row.body),
  }
}

export function statsOf(row: Row): Stats {
  return {
    pending: Number(row.pending),
    waiting: Number(row.waiting),
    oldestPending: row.oldest_pending_ms === null ? null : Number(row.oldest_pending_ms) / 1000,
    leased: Number(row.leased),
    dead: Number(row.dead),
    duplicates: Number(row.duplicates),
  }
}

export function checkState(given: unknown): asserts given is State {
  if (!(STATES as readonly unknown[]).includes(given)) {
    throw wrongArgument(`state must be one of ${STATES.map((state) => `"${state}"`).join(', ')}.`)
  }
}
