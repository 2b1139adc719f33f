import * as native from '../native'
import { Field } from '../native'
import { type Body, rawBytes } from './body'
import { errorOf, guarded, wrongArgument } from './errors'
import type { Family, Finality, Kind, Recency, Shape } from './names'
import { bodyOf, count, dataText, date, type Record as EventRecord, has, integer, text, word } from './record'

const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never

/** Only this package has it: an event is made by verifying, or by `Event.parseUnverified`. */
const MADE_HERE = Symbol('made here')

/** Makes the event of a record; not a part of the package's face. */
export let eventOf: (record: EventRecord) => Event

/**
 * An authentic delivery that was read. Absent fields are null; an unknown kind, status or shape is a value, never an error.
 *
 * Fields are read when they are asked for. An event cannot change, whatever happens to the buffer that it was verified from.
 */
export class Event {
  readonly #record: EventRecord
  #dedupeKey: string | undefined
  #data: unknown
  #resource: Resource | undefined

  private constructor(record: EventRecord, madeHere: typeof MADE_HERE) {
    if (madeHere !== MADE_HERE) {
      throw wrongArgument('An event is not made with new: verifier.verify(body, headers) gives it, or Event.parseUnverified(body).')
    }
    this.#record = record
  }

  static {
    eventOf = (record) => new Event(record, MADE_HERE)
  }

  /**
   * Reads a body that was verified before it was stored. It checks no signature and, up to 64 MiB, no limit: whoever calls it vouches for the body.
   *
   * @throws {PayloadError}
   */
  static parseUnverified(body: Body): Event {
    const bytes = rawBytes(body)
    return new Event(
      guarded(() => native.parseUnverified(bytes)),
      MADE_HERE,
    )
  }

  /** What happened; "unknown" for a kind that this release does not know. */
  get kind(): Kind {
    return word(this.#record, Field.Kind) as Kind
  }

  /** The name under which the kind was sent; null where the body names no event. */
  get sentName(): string | null {
    return text(this.#record, Field.SentName)
  }

  /** The wire shape. */
  get shape(): Shape {
    return word(this.#record, Field.Shape) as Shape
  }

  /** The merchant's account at the provider. */
  get accountId(): string | null {
    return text(this.#record, Field.AccountId)
  }

  /** How often this delivery was tried before; 0 is the first try. */
  get retry(): number | null {
    return count(this.#record, Field.Retry)
  }

  /** The version of the envelope. */
  get version(): number | null {
    return count(this.#record, Field.Version)
  }

  /** Whether a signature proved this event. */
  get signed(): boolean {
    return has(this.#record, Field.SecretIndex)
  }

  /** Which of the verifier's secrets signed it, from 0. */
  get secretIndex(): number | null {
    return count(this.#record, Field.SecretIndex)
  }

  /** Whether news will follow. Never whether money moved. */
  get finality(): Finality {
    return word(this.#record, Field.Finality) as Finality
  }

  /** Whether the provider sends byte-identical bodies for different occurrences of this event. */
  get repeatable(): boolean {
    return has(this.#record, Field.Repeatable)
  }

  /** What the event tells about. */
  get resource(): Resource {
    this.#resource ??= new Resource(this.#record)
    return this.#resource
  }

  /** The key under which a redelivery of this delivery comes again, and no other: de-duplicate by it, and keep it for ever. */
  get dedupeKey(): string {
    this.#dedupeKey ??= word(this.#record, Field.DedupeKey)
    return this.#dedupeKey
  }

  /** "<kind>/<id>", for comparison and logs. It merges different events: never de-duplicate by it. */
  get publishedKey(): string | null {
    const body = bodyOf(this.#record)
    return guarded(() => native.publishedKey(body))
  }

  /** How this event's news relates to another's. */
  compareRecency(other: Event): Recency {
    const [own, theirs] = this.#bodies(other)
    return guarded(() => native.compareRecency(own, theirs)) as Recency
  }

  /** True if this event is newer news of its resource, false if older or the same, null if that cannot be told. */
  isNewerThan(other: Event): boolean | null {
    const [own, theirs] = this.#bodies(other)
    return guarded(() => native.isNewer(own, theirs))
  }

  #bodies(other: unknown): [Buffer, Buffer] {
    if (typeof other !== 'object' || other === null || !(#record in other)) {
      throw wrongArgument('The other must be an Event.')
    }
    return [bodyOf(this.#record), bodyOf(other.#record)]
  }

  /**
   * The `data` object where the body has one, else the whole body, read once by `JSON.parse`.
   *
   * Its numbers are JavaScript's and not always exact: money is exact in `resource.amount`.
   *
   * @throws {PayloadError} `DATA_UNREADABLE` for what `JSON.parse` refuses; the event stays usable.
   */
  // biome-ignore lint/suspicious/noExplicitAny: the provider's fields, which are theirs to change
  get data(): Record<string, any> {
    if (this.#data === undefined) {
      try {
        this.#data = JSON.parse(dataText(this.#record))
      } catch {
        // Without a cause: the engine's error quotes the text.
        throw errorOf('DATA_UNREADABLE')
      }
    }
    // biome-ignore lint/suspicious/noExplicitAny: as above
    return this.#data as Record<string, any>
  }

  /** A copy of the body as received. */
  get raw(): Buffer {
    return bodyOf(this.#record)
  }

  /** For logs: never the body. */
  toJSON(): { kind: string; id: string | null; status: string | null; dedupeKey: string } {
    const { id, status } = this.resource
    return { kind: this.kind, id, status, dedupeKey: this.dedupeKey }
  }

  [INSPECT](): string {
    return `Event(${summary(this.#record, Field.Kind)})`
  }
}

/** What an event tells about; absent fields are null. */
export class Resource {
  readonly #record: EventRecord

  constructor(record: EventRecord) {
    this.#record = record
  }

  /** What it is, such as "payment"; "unknown" for what this release does not know. */
  get kind(): Family {
    return word(this.#record, Field.ResourceKind) as Family
  }

  /** The provider's id. */
  get id(): string | null {
    return text(this.#record, Field.Id)
  }

  /** The status as it was sent. */
  get status(): string | null {
    return text(this.#record, Field.Status)
  }

  /** The sub-status as it was sent. */
  get subStatus(): string | null {
    return text(this.#record, Field.SubStatus)
  }

  /** When it was created, to the millisecond. */
  get createdAt(): Date | null {
    return date(this.#record, Field.CreatedAt)
  }

  /** When it was created, in nanoseconds since the epoch. */
  get createdAtNs(): bigint | null {
    return integer(this.#record, Field.CreatedAt)
  }

  /** When it last changed, to the millisecond. */
  get updatedAt(): Date | null {
    return date(this.#record, Field.UpdatedAt)
  }

  /** When it last changed, in nanoseconds since the epoch. */
  get updatedAtNs(): bigint | null {
    return integer(this.#record, Field.UpdatedAt)
  }

  /** The merchant's own reference. */
  get merchantReference(): string | null {
    return text(this.#record, Field.MerchantReference)
  }

  /** The key with which the merchant created the payment: the same in all its events. */
  get idempotencyKey(): string | null {
    return text(this.#record, Field.IdempotencyKey)
  }

  /** The sum of money. */
  get amount(): Amount | null {
    return has(this.#record, Field.Value) ? new Amount(this.#record) : null
  }

  /** The transaction that triggered the event. */
  get transaction(): Transaction | null {
    return has(this.#record, Field.Transaction) ? new Transaction(this.#record) : null
  }

  [INSPECT](): string {
    return `Resource(${summary(this.#record, Field.ResourceKind)})`
  }
}

/** A sum of money as it was sent, in major units. */
export class Amount {
  readonly #record: EventRecord

  constructor(record: EventRecord) {
    this.#record = record
  }

  /** The exact digits as they were sent, a JSON number such as "24.90". */
  get value(): string {
    return text(this.#record, Field.Value) ?? ''
  }

  /** The currency as it was sent. */
  get currency(): string | null {
    return text(this.#record, Field.Currency)
  }

  /** The value in the smallest unit of its currency by ISO 4217, where that is exact. */
  get minorUnits(): bigint | null {
    return integer(this.#record, Field.MinorUnits)
  }

  [INSPECT](): string {
    return `Amount(${short(this.value)} ${short(this.currency)})`
  }
}

/** One attempt to move, reserve, return or verify money; absent fields are null. */
export class Transaction {
  readonly #record: EventRecord

  constructor(record: EventRecord) {
    this.#record = record
  }

  /** The provider's id. */
  get id(): string | null {
    return text(this.#record, Field.TransactionId)
  }

  /** Its type as it was sent, such as "PURCHASE". */
  get type(): string | null {
    return text(this.#record, Field.TransactionType)
  }

  /** Its status as it was sent. */
  get status(): string | null {
    return text(this.#record, Field.TransactionStatus)
  }

  /** When it last changed, to the millisecond. */
  get updatedAt(): Date | null {
    return date(this.#record, Field.TransactionUpdatedAt)
  }

  /** When it last changed, in nanoseconds since the epoch. */
  get updatedAtNs(): bigint | null {
    return integer(this.#record, Field.TransactionUpdatedAt)
  }

  [INSPECT](): string {
    return `Transaction(type=${short(this.type)}, id=${short(this.id)}, status=${short(this.status)})`
  }
}

function summary(record: EventRecord, kind: Field): string {
  return `kind=${short(text(record, kind))}, id=${short(text(record, Field.Id))}, status=${short(text(record, Field.Status))}`
}

/** A text for a log: escaped, and cut where it is longer than any honest one. */
function short(value: string | null): string {
  return value === null ? 'null' : JSON.stringify(value.slice(0, 64))
}
