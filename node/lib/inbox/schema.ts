import * as native from '../../native'
import { errorOf, guarded } from '../errors'
import type { Desk } from './delivery'
import type { Row, Script } from './store'

/** Brings the schema up, or only checks it: nothing is missing of it. In one transaction. */
export function* schema<Client>({ store, query }: Desk<Client>, migrate: boolean): Script {
  yield query('lock', {})
  const isInstalled = Number(found(yield query('installed', {})).installed) > 0
  const version = isInstalled ? Number(found(yield query('version', {})).version) : 0
  const missing = guarded(() => native.inboxMigrations(store.name, version))
  if (missing.length > 0 && !migrate) {
    throw errorOf('SCHEMA_MISMATCH', 'It was opened without migrating it.')
  }
  for (const text of missing) {
    yield { name: 'migration', text, values: {} }
  }
}

/** The row of a statement that must give one. */
export function found([row]: readonly Row[]): Row {
  if (row === undefined) {
    throw errorOf('NOT_FOUND')
  }
  return row
}
