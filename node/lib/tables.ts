import * as native from '../native'
import { wrongArgument } from './errors'
import type { Family, Finality, Form, Kind } from './names'
import { nearest } from './nearest'

/** A row of the catalogue of event kinds. */
export interface CatalogRow {
  readonly kind: Kind
  /** The names under which it is sent, its own first. */
  readonly spellings: readonly string[]
  /** The resource that it tells about. */
  readonly family: Family
  /** The field and the value that select it when a webhook is registered. */
  readonly trigger: readonly [field: string, value: string] | null
  /** The forms that a sample of it can take. */
  readonly forms: readonly Form[]
}

let rows: readonly CatalogRow[] | undefined

/** Every event kind: its spellings, its resource, and what selects it when a webhook is registered. */
export function catalog(): readonly CatalogRow[] {
  rows ??= Object.freeze(native.catalog().map(frozen))
  return rows
}

function frozen(row: native.CatalogRow): CatalogRow {
  for (const list of [row.spellings, row.forms, row.trigger]) {
    Object.freeze(list)
  }
  return Object.freeze(row as CatalogRow & native.CatalogRow)
}

/** @throws {TypeError} for a word that is no kind; it names the nearest. */
export function checkKind(kind: unknown): asserts kind is Kind {
  const rows = catalog()
  if (kind === 'unknown' || rows.some((row) => row.kind === kind)) {
    return
  }
  const spellings = new Map(rows.flatMap((row) => row.spellings.map((spelling) => [spelling, row.kind])))
  const shown = typeof kind === 'string' ? JSON.stringify(kind.slice(0, 64)) : `A value of the type ${typeof kind}`
  const near = typeof kind === 'string' ? spellings.get(nearest(kind, [...spellings.keys()])) : undefined
  throw wrongArgument(`${shown} is no kind of event. ${near === undefined ? 'catalog() lists them.' : `Did you mean "${near}"?`}`)
}

/** Whether news will follow a status. */
export function finality(family: Family, status: string, subStatus: string | null = null): Finality {
  if (typeof family !== 'string' || typeof status !== 'string' || (subStatus !== null && typeof subStatus !== 'string')) {
    throw wrongArgument('finality takes a family, a status, and a sub-status or null, all strings.')
  }
  return native.finality(family, status, subStatus) as Finality
}

/** The release, the same in every language. */
export const version: string = native.version()
