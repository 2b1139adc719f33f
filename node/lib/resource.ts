import { Field } from '../native'
import type { Open, Status, SubStatus } from './kinds'
import type { Family, TransactionType } from './names'
import { date, type Record as EventRecord, has, integer, text, word } from './record'
import { INSPECT, short, summary } from './summary'

/** What an event tells about; absent fields are null. */
export class Resource<Of extends Family = Family> {
  readonly #record: EventRecord

  constructor(record: EventRecord) {
    this.#record = record
    Object.freeze(this)
  }

  /** What it is, such as "payment"; "unknown" for what this release does not know. */
  get kind(): Of {
    return word(this.#record, Field.ResourceKind) as Of
  }

  /** The provider's id. */
  get id(): string | null {
    return text(this.#record, Field.Id)
  }

  /** The status as it was sent: the documented words are known to the type, and others may come. */
  get status(): Open<Status<Of>> | null {
    return text(this.#record, Field.Status)
  }

  /** The sub-status as it was sent. */
  get subStatus(): Open<SubStatus<Of>> | null {
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

  /** The sum of money: of a payment the whole payment's. What was refunded or captured is `transaction.amount`. */
  get amount(): Amount | null {
    return has(this.#record, Field.Value) ? new Amount(this.#record, Field.Value, Field.Currency, Field.MinorUnits) : null
  }

  /** The transaction that triggered the event. */
  get transaction(): Transaction | null {
    return has(this.#record, Field.Transaction) ? new Transaction(this.#record) : null
  }

  /** Every field, for your own records: instants and money as text. */
  toJSON(): Record<string, unknown> {
    const { kind, id, status, subStatus, createdAt, updatedAt, merchantReference, idempotencyKey, amount, transaction } = this
    return { kind, id, status, subStatus, createdAt, updatedAt, merchantReference, idempotencyKey, amount, transaction }
  }

  toString(): string {
    return `Resource(${summary(this.#record, Field.ResourceKind)})`
  }

  [INSPECT](): string {
    return this.toString()
  }
}

/** A sum of money as it was sent, in major units. */
export class Amount {
  /** The exact digits as they were sent, a JSON number such as "24.90". */
  readonly value: string
  /** The currency as it was sent. */
  readonly currency: string | null
  /** The value in the smallest unit of its currency by ISO 4217, where that is exact. */
  readonly minorUnits: bigint | null

  constructor(record: EventRecord, value: Field, currency: Field, minorUnits: Field) {
    this.value = text(record, value) ?? ''
    this.currency = text(record, currency)
    this.minorUnits = integer(record, minorUnits)
    Object.freeze(this)
  }

  toJSON(): { value: string; currency: string | null; minorUnits: string | null } {
    const { value, currency, minorUnits } = this
    return { value, currency, minorUnits: minorUnits?.toString() ?? null }
  }

  /** As `24.90 USD`. */
  toString(): string {
    return this.currency === null ? this.value : `${this.value} ${this.currency}`
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
    Object.freeze(this)
  }

  /** The provider's id. */
  get id(): string | null {
    return text(this.#record, Field.TransactionId)
  }

  /** Its type as it was sent, such as "PURCHASE". */
  get type(): Open<TransactionType> | null {
    return text(this.#record, Field.TransactionType)
  }

  /** Its status as it was sent. */
  get status(): Open<Status<'transaction'>> | null {
    return text(this.#record, Field.TransactionStatus)
  }

  /** What it moved, reserved or returned: of a partial refund the part. A bare number is in the currency of the payment. */
  get amount(): Amount | null {
    const record = this.#record
    return has(record, Field.TransactionValue)
      ? new Amount(record, Field.TransactionValue, Field.TransactionCurrency, Field.TransactionMinorUnits)
      : null
  }

  /** When it last changed, to the millisecond. */
  get updatedAt(): Date | null {
    return date(this.#record, Field.TransactionUpdatedAt)
  }

  /** When it last changed, in nanoseconds since the epoch. */
  get updatedAtNs(): bigint | null {
    return integer(this.#record, Field.TransactionUpdatedAt)
  }

  toJSON(): Record<string, unknown> {
    const { id, type, status, amount, updatedAt } = this
    return { id, type, status, amount, updatedAt }
  }

  toString(): string {
    return `Transaction(type=${short(this.type)}, id=${short(this.id)}, status=${short(this.status)})`
  }

  [INSPECT](): string {
    return this.toString()
  }
}
