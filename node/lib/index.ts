/**
 * Receive the webhooks of the payments provider Yuno: verify, parse and de-duplicate each delivery.
 *
 * An independent library, not the provider's. Start with {@link Verifier}.
 *
 * @module
 */

export type { Body } from './body'
export { fixedPaths, Reply, Schedule, type ScheduleOptions } from './delivery'
export {
  AuthenticationError,
  ConfigurationError,
  type ErrorCode,
  errorCodes,
  InboxError,
  PayloadError,
  type Stage,
  WebhookError,
} from './errors'
export { type Amount, Event, type Resource, type Transaction } from './event'
export type { HeadersInput } from './headers'
export type { Family, Finality, Form, Kind, Recency, Shape } from './names'
export type { VerifierOptions } from './options'
export { type CatalogRow, catalog, finality, version } from './tables'
export { Verifier } from './verifier'
