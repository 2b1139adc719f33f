import type { InboxRecord, Stats } from '../inbox/record'

type Cell = string | number | boolean | null

/** An object, or a list of them with the members of a record. The same in every language. */
export type Document = Readonly<Record<string, Cell>> | readonly Readonly<Record<string, Cell>>[]

const COLUMNS = [
  'key',
  'kind',
  'resource',
  'state',
  'attempts',
  'duplicates',
  'received_at',
  'available_at',
  'finished_at',
  'error_class',
  'error_text',
  'body_bytes',
] as const

/** A record; its body only where it is asked for. */
export function documentOf(record: InboxRecord, withBody: boolean): Readonly<Record<string, Cell>> {
  const { key, kind, resource, state, attempts, duplicates, receivedAt, availableAt, finishedAt, errorClass, errorText, body } = record
  const document: Record<(typeof COLUMNS)[number], Cell> = {
    key,
    kind,
    resource,
    state,
    attempts,
    duplicates,
    received_at: receivedAt.toISOString(),
    available_at: availableAt.toISOString(),
    finished_at: finishedAt === null ? null : finishedAt.toISOString(),
    error_class: errorClass,
    error_text: errorText,
    body_bytes: body === null ? null : body.length,
  }
  return withBody ? { ...document, ...documentOfBody(body) } : document
}

function documentOfBody(body: InboxRecord['body']): Readonly<Record<string, Cell>> {
  if (body === null) {
    return { body: null }
  }
  try {
    return { body: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body) }
  } catch {
    return { body_base64: body.toString('base64') }
  }
}

/** How full a store is. */
export function documentOfStats(scope: string, { pending, waiting, oldestPending, leased, dead, duplicates }: Stats): Document {
  return { scope, pending, waiting, oldest_pending_seconds: oldestPending, leased, dead, duplicates }
}

/** Prints a document. */
export function write(document: Document, format: 'table' | 'json'): void {
  process.stdout.write(format === 'json' ? `${JSON.stringify(document)}\n` : tableOf(document))
}

function tableOf(document: Document): string {
  const rows = Array.isArray(document)
    ? [COLUMNS.map((name) => name.toUpperCase()), ...document.map((row) => COLUMNS.map((name) => textOf(row[name])))]
    : Object.entries(document).map(([name, cell]) => [name, textOf(cell)])
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, place) => Math.max(most[place] ?? 0, [...cell].length)), [])
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, place) => padded(cell, widths[place] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}

function padded(cell: string, width: number): string {
  return cell + ' '.repeat(width - [...cell].length)
}

/** A name on a line of its own. */
export function wordOf(name: string): string {
  return name.replaceAll(/\p{C}/gu, '\ufffd')
}

/** What could move a terminal's cursor or change its colour has no place in a table; a body may have lines. */
function textOf(cell: Cell | undefined): string {
  return cell === null || cell === undefined
    ? '-'
    : `${cell}`.replaceAll(/\p{C}/gu, (character) => (/[\n\t]/.test(character) ? character : '\ufffd'))
}
