import * as native from '../native'
import { Field } from '../native'
import { type Body, rawBytes } from './body'
import { errorOf, guarded, wrongArgument } from './errors'
import type { Bytes } from './host'
import type { WebhookEvent } from './kinds'
import type { Finality, Kind, Recency, Shape } from './names'
import { bodyOf, count, dataText, type Record as EventRecord, has, text, word } from './record'
import { Resource } from './resource'
import { INSPECT, summary } from './summary'

/** Only this package has it: an event is made by verifying, or by `Event.parseUnverified`. */
const MADE_HERE = Symbol('made here')

/** Makes the event of a record; not a part of the package's face. */
export let eventOf: (record: EventRecord) => WebhookEvent

/**
 * An authentic delivery that was read. Absent fields are null; an unknown kind, status or shape is a value, never an error.
 *
 * To send one to a Worker or a queue, send `raw` and read it there with `Event.parseUnverified`: what is copied has no fields.
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
    Object.freeze(this)
  }

  static {
    eventOf = (record) => new Event(record, MADE_HERE) as WebhookEvent
  }

  /**
   * Reads a body that was verified before it was stored. It checks no signature and, up to 64 MiB, no limit: whoever calls it vouches for the body.
   *
   * @throws {PayloadError}
   */
  static parseUnverified(body: Body): WebhookEvent {
    const bytes = rawBytes(body)
    return eventOf(guarded(() => native.parseUnverified(bytes)))
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

  #bodies(other: unknown): [Bytes, Bytes] {
    if (typeof other !== 'object' || other === null || !(#record in other)) {
      throw wrongArgument('The other must be an Event.')
    }
    return [bodyOf(this.#record), bodyOf(other.#record)]
  }

  /**
   * The `data` object where the body has one, else the whole body, read once by `JSON.parse`.
   *
   * Its numbers are JavaScript's and not always exact: money is exact in `resource.amount`. It is yours to change, and changes nothing else.
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
  get raw(): Bytes {
    return bodyOf(this.#record)
  }

  /** For logs: never the body. */
  toJSON(): { kind: string; id: string | null; status: string | null; dedupeKey: string } {
    const { id, status } = this.resource
    return { kind: this.kind, id, status, dedupeKey: this.dedupeKey }
  }

  /** For logs: never the body. */
  toString(): string {
    return `Event(${summary(this.#record, Field.Kind)})`
  }

  [INSPECT](): string {
    return this.toString()
  }
}
