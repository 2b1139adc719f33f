import type { Event } from './event'
import type { Family, Kind, KindFamilies, Statuses, SubStatuses } from './names'
import type { Resource } from './resource'

/** A documented word, or one that the provider adds later. */
export type Open<Word extends string> = Word | (string & {})

/** The documented statuses of a family. */
export type Status<Of extends Family = Family> = Of extends keyof Statuses ? Statuses[Of] : never

/** The documented sub-statuses of a family. */
export type SubStatus<Of extends Family = Family> = Of extends keyof SubStatuses ? SubStatuses[Of] : never

interface EventOfOne<Of extends Kind> extends Event {
  readonly kind: Of
  readonly resource: Resource<KindFamilies[Of] | 'unknown'>
}

/** An event of one kind, or of one of several. Its resource is what the catalogue says, or "unknown" where the body holds none. */
export type EventOf<Of extends Kind> = { [One in Of]: EventOfOne<One> }[Of]

/** An event of any kind: `switch` over `kind` narrows it, and `Extract<WebhookEvent, { kind: 'payment.purchase' }>` is one kind's. */
export type WebhookEvent = EventOf<Kind>
