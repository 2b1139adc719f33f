/**
 * Receive the webhooks of the payments provider Yuno: verify, parse and de-duplicate each delivery.
 *
 * An independent library, not the provider's. Start with {@link Receiver} and {@link Verifier}.
 *
 * @module
 */

export type { Body } from './body'
export { fixedPaths, Reply, Schedule, type ScheduleOptions } from './delivery'
export {
  AuthenticationError,
  ConfigurationError,
  type ErrorRow,
  errorCodes,
  InboxError,
  PayloadError,
  type Stage,
  WebhookError,
} from './errors'
export { Event } from './event'
export type { HeadersInput } from './headers'
export type { EventOf, Open, Status, SubStatus, WebhookEvent } from './kinds'
export type { ErrorCode, Family, Finality, Form, Kind, Recency, Shape, TransactionType } from './names'
export type { VerifierOptions } from './options'
export { BodyParsedError } from './parsed'
export {
  type AcceptingInbox,
  type ErrorContext,
  type Handler,
  type InboxReceiverOptions,
  Receiver,
  type ReceiverOptions,
} from './receiver'
export type { Amount, Resource, Transaction } from './resource'
export { type CatalogRow, catalog, finality, version } from './tables'
export { Verifier } from './verifier'
