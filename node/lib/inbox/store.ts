import { errorOf, type InboxError } from '../errors'

/** What a parameter of a statement holds. */
export type Value = string | number | bigint | Uint8Array | null

/** A statement of the core's and its parameters, in the order of their numbers. */
export interface Query {
  /** The name of the statement. */
  readonly name: string
  readonly text: string
  readonly values: Readonly<Record<string, Value>>
}

export type Row = Readonly<Record<string, unknown>>

/** Statements of which one follows from the rows of another: it gives a query and gets its rows, and a store, sync or async, drives it. */
export type Script = Generator<Query, void, readonly Row[]>

/** A database. All of its calls reject with `STORE_UNAVAILABLE` where it fails. */
export interface Store<Client> {
  readonly name: 'sqlite' | 'postgres' | 'redis'
  /** Runs one statement, by itself or in the transaction that a client has open. */
  run(query: Query, client?: Client): Promise<readonly Row[]>
  /** Runs one for which somebody waits: gives up after `PATIENCE`. */
  runInTime(query: Query): Promise<readonly Row[]>
  /** Does work of the merchant's and a script in one transaction. What either throws is thrown again, and nothing has happened. */
  transact<T>(work: (client: Client) => T, script: Script): Promise<Awaited<T>>
  /** Whether nothing was claimed only because another worker was faster. */
  isRace(error: unknown): boolean
  /** Calls `wake` whenever a delivery of the scope is accepted, as far as the store can know; gives the function that ends it. */
  listen(scope: string, wake: () => void): () => void
  /** Has other processes' `listen` know that something was accepted, where accepting does not do it by itself. */
  tell?(query: Query): void
  close(): Promise<void>
}

/** How long accepting may take, in milliseconds: the provider waits for 7 seconds. */
export const PATIENCE = 5000

/** That the database failed, with its error as the cause. What is known of this case stands for the advice of the code, which is about a delivery. */
export function unavailable(cause: unknown, hint = ''): InboxError {
  const error = errorOf('STORE_UNAVAILABLE', hint, { isWhole: hint !== '' })
  return Object.defineProperty(error, 'cause', { value: cause, writable: true, configurable: true })
}

/** That the package of a driver is not there. */
export function noDriver(advice: string): Error {
  return Object.assign(new Error(advice), { code: 'ERR_YUNO_WEBHOOKS_DRIVER' })
}
