import { Field } from '../native'
import type { Bytes } from './host'

/** A record of an event, as `record.rs` describes it: one character a byte. */
export type Record = string

const ABSENT = 1 << 31
const ENCODED = 1 << 30
const END = ENCODED - 1
/** V8 copies what is shorter. */
const SLICED_FROM = 13
/** How many characters the marks take, which stand at the end. */
const MARKS = (Field.TransactionUpdatedAt + 1) * 4

/** A field's text; null where it is absent. */
export function text(record: Record, field: Field): string | null {
  const mark = markOf(record, field)
  if ((mark & ABSENT) !== 0) {
    return null
  }
  const part = record.slice(startOf(record, field), mark & END)
  if ((mark & ENCODED) !== 0) {
    return decode(part)
  }
  // A slice of 13 characters or more keeps the whole string alive that it was cut from: a stored key would keep its body in memory. Joining and
  // cutting it once more makes a copy.
  return part.length < SLICED_FROM ? part : ` ${part}`.slice(1)
}

/** A word that is always there and that the core chose from a table. */
export function word(record: Record, field: Field): string {
  return text(record, field) ?? 'unknown'
}

/** A field that holds the digits of a small number. */
export function count(record: Record, field: Field): number | null {
  const digits = text(record, field)
  return digits === null ? null : Number(digits)
}

/** A field that holds the digits of a number that may be large. */
export function integer(record: Record, field: Field): bigint | null {
  const digits = text(record, field)
  return digits === null ? null : BigInt(digits)
}

/** A field that holds nanoseconds since the epoch, as a date: rounded down to its milliseconds. */
export function date(record: Record, field: Field): Date | null {
  const nanos = integer(record, field)
  if (nanos === null) {
    return null
  }
  const truncated = nanos / 1_000_000n
  return new Date(Number(truncated * 1_000_000n > nanos ? truncated - 1n : truncated))
}

/** Whether a field is there. */
export function has(record: Record, field: Field): boolean {
  return (markOf(record, field) & ABSENT) === 0
}

/** The event's data as JSON text, not copied: for a reader that keeps none of it. */
export function dataText(record: Record): string {
  const mark = markOf(record, Field.Data)
  const part = record.slice(startOf(record, Field.Data), mark & END)
  return (mark & ENCODED) !== 0 ? decode(part) : part
}

/** A copy of the body, in memory of its own. */
export function bodyOf(record: Record): Bytes {
  const body = record.slice(0, markOf(record, Field.After) & END)
  const bytes = Buffer.allocUnsafeSlow(body.length)
  bytes.write(body, 'latin1')
  return bytes
}

function startOf(record: Record, field: Field): number {
  return field === 0 ? 0 : markOf(record, field - 1) & END
}

/** Where a field ends, and its two marks. */
function markOf(record: Record, field: Field): number {
  const at = record.length - MARKS + field * 4
  return record.charCodeAt(at) | (record.charCodeAt(at + 1) << 8) | (record.charCodeAt(at + 2) << 16) | (record.charCodeAt(at + 3) << 24)
}

function decode(part: string): string {
  return Buffer.from(part, 'latin1').toString('utf8')
}
