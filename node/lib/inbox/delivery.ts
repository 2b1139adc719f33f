import * as native from '../../native'
import { errorOf, PayloadError } from '../errors'
import { Event } from '../event'
import { isA } from '../given'
import type { Bytes } from '../host'
import type { EventOf } from '../kinds'
import type { Kind } from '../names'
import { checkFunction } from '../registry'
import { INSPECT, short } from '../summary'
import { milliseconds } from './spans'
import type { Query, Row, Script, Store, Value } from './store'

/** What became of a delivery by the hand of its worker; null as long as nothing did. */
export type Ending = 'done' | 'failed' | 'dead' | 'returned' | null

/** A store, and how it writes a statement. */
export interface Desk<Client> {
  readonly store: Store<Client>
  query(statement: string, values: Readonly<Record<string, Value>>): Query
}

/**
 * A delivery that this worker has under a lease; `inbox.run` gives it to handlers, and `inbox.claim` to whoever works by himself.
 *
 * All its calls reject with an `InboxError`: `STALE_FENCE` where the lease was lost to another worker, whose result counts, and `STORE_UNAVAILABLE`.
 */
export class Delivery<Of extends Kind = Kind, Client = unknown> {
  readonly id: bigint
  /** The number of its lease. */
  readonly fence: bigint
  /** Its key in the store, the same for each attempt: pass it on to whatever the work calls. */
  readonly key: string
  /** The event's kind; null for an authentic body that is no event, which no handler gets. */
  readonly kind: Kind | null
  /** What is worked on one after another: the resource's kind and id. */
  readonly resource: string | null
  /** Which attempt this is; 1 is the first. */
  readonly attempt: number
  readonly receivedAt: Date
  /** Whether newer news of its resource has come. It is up to you whether this one still matters. */
  readonly superseded: boolean
  readonly #desk: Desk<Client>
  readonly #body: Bytes
  #event: EventOf<Of> | undefined
  #ending: Ending = null
  #isEnding = false

  /** @internal */
  constructor(desk: Desk<Client>, row: Row) {
    this.#desk = desk
    this.id = BigInt(String(row.id))
    this.fence = BigInt(String(row.fence))
    this.key = String(row.dedupe_key)
    this.kind = row.kind as Kind | null
    this.resource = row.resource as string | null
    this.attempt = Number(row.attempts)
    this.receivedAt = new Date(Number(row.received_at))
    this.superseded = Boolean(Number(row.superseded))
    this.#body = bytesOf(row.body)
  }

  /**
   * The event, read from the stored body.
   *
   * @throws {PayloadError} for an authentic body that is none.
   */
  get event(): EventOf<Of> {
    this.#event ??= Event.parseUnverified(this.#body) as unknown as EventOf<Of>
    return this.#event
  }

  /** The body as it was received. */
  get raw(): Bytes {
    return this.#body
  }

  /**
   * A transaction on the inbox's own database: gives its connection, and commits what is written by it together with the end of this delivery, so that
   * both happen exactly once. If anything throws, nothing of both has happened.
   *
   * On Postgres the function may be async. On SQLite it must be sync: there is one connection, and what others wrote while it waited would be in this
   * transaction too.
   */
  async transaction<T>(work: (client: Client) => T): Promise<Awaited<T>> {
    checkFunction(work, 'The work of a transaction')
    this.#isEnding = true
    try {
      const value = await this.#desk.store.transact(work, held(this.#query('complete', {})))
      this.#ending = 'done'
      return value
    } finally {
      this.#isEnding = false
    }
  }

  /** The work is done. With a client of Postgres it is done when the transaction commits that is open there: a connection to the inbox's database. */
  async complete(client?: Client): Promise<void> {
    await this.#end('done', 'complete', {}, client)
  }

  /** The attempt failed; the delivery is due again after so many seconds. */
  async release(error: unknown, delay: number): Promise<void> {
    await this.#end('failed', 'release', { ...told(error), delay: milliseconds(delay, 'delay') })
  }

  /** No further attempt will help: it is dead until somebody replays it. */
  async bury(error: unknown): Promise<void> {
    await this.#end('dead', 'bury', told(error))
  }

  /** It was not begun: the attempt does not count. */
  async giveBack(): Promise<void> {
    await this.#end('returned', 'return', {})
  }

  /** The work goes on: the lease ends so many seconds from now. `inbox.run` does this by itself. */
  async extend(lease: number): Promise<void> {
    const values = { lease: milliseconds(lease, 'lease') }
    const rows = await this.#desk.store.runInTime(this.#query('extend', values))
    checkHeld(rows)
  }

  /** What this worker has made of it, also while that is being written. @internal */
  get state(): { readonly ending: Ending; readonly isEnding: boolean } {
    return { ending: this.#ending, isEnding: this.#isEnding || this.#ending !== null }
  }

  async #end(ending: Ending, statement: string, values: Readonly<Record<string, Value>>, client?: Client): Promise<void> {
    this.#isEnding = true
    try {
      checkHeld(await this.#desk.store.run(this.#query(statement, values), client))
      this.#ending = ending
    } finally {
      this.#isEnding = false
    }
  }

  #query(statement: string, values: Readonly<Record<string, Value>>): Query {
    return this.#desk.query(statement, { ...values, id: this.id, fence: this.fence })
  }

  /** For logs: never the body. */
  toJSON(): { kind: Kind | null; key: string; attempt: number } {
    const { kind, key, attempt } = this
    return { kind, key, attempt }
  }

  toString(): string {
    return `Delivery(kind=${short(this.kind)}, key=${short(this.key)}, attempt=${this.attempt})`
  }

  [INSPECT](): string {
    return this.toString()
  }
}

/** A blob as a driver gives it. */
export function bytesOf(blob: unknown): Bytes {
  const { buffer, byteOffset, byteLength } = blob as Uint8Array
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)
}

/** A statement that takes effect only under the newest lease: else nothing of its transaction does. */
function* held(query: Query): Script {
  checkHeld(yield query)
}

function checkHeld(rows: readonly Row[]): void {
  if (rows.length === 0) {
    throw errorOf('STALE_FENCE')
  }
}

/** What a row keeps of an error: never its other fields, which could hold a row of the merchant's. Of a body that is no event it is what the door stored. */
function told(error: unknown): { error_class: string; error_text: string } {
  try {
    const type = isA(error, PayloadError) ? error.code : error instanceof Error ? error.constructor.name : typeof error
    const text = error instanceof Error ? error.message : String(error)
    return { error_class: native.inboxErrorText(type), error_text: native.inboxErrorText(text) }
  } catch {
    // An error can have code of its own that reads it.
    return { error_class: typeof error, error_text: 'The error could not be read: its own code threw.' }
  }
}
