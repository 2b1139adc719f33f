import { Field } from '../native'
import { type Record as EventRecord, text } from './record'

/** The method that `util.inspect` and `console.log` call. */
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never

/** What a resource or an event is, on one line. */
export function summary(record: EventRecord, kind: Field): string {
  return `kind=${short(text(record, kind))}, id=${short(text(record, Field.Id))}, status=${short(text(record, Field.Status))}`
}

/** What a terminal or a reader of logs may act upon, and JSON leaves as it is. */
const UNSEEN = /[\u007f-\u009f\p{Cf}\u2028\u2029]/gu

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}

/** A text for a log: escaped, and cut where it is longer than any honest one. */
export function short(value: string | null): string {
  return value === null ? 'null' : JSON.stringify(value.slice(0, 64)).replace(UNSEEN, escaped)
}
