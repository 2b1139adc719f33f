/**
 * The durable inbox: answer at once, work later, lose nothing, do nothing twice.
 *
 * A receiver stores each delivery once and answers, `new Receiver(verifier, { inbox })`; workers do the work, `inbox.run(handlers)`, in the same process
 * or in others. {@link SqliteInbox} needs nothing but a file, {@link PostgresInbox} your database.
 *
 * @module
 */

export { Backoff, type BackoffOptions } from './backoff'
export type { Delivery } from './delivery'
export { type DeliveryHandler, Handlers } from './handlers'
export type { Inbox } from './inbox'
export { type OpenOptions, openInbox } from './open'
export type { AgeOptions, ClaimOptions, DeadOptions, DueOptions, InboxOptions, LaneOptions, ListOptions } from './options'
export type { Observer, Outcome, Result } from './outcome'
export { type PgClient, type PgPool, PostgresInbox, type PostgresOptions } from './postgres'
export type { Publisher } from './publish'
export type { Accepted, InboxRecord, State, Stats } from './record'
export { type Durability, type RedisClient, RedisInbox, type RedisOptions } from './redis'
export type { RunOptions } from './run'
export { type SqliteDatabase, type SqliteDriver, SqliteInbox, type SqliteOptions } from './sqlite'
export type { WorkOptions } from './worker'
