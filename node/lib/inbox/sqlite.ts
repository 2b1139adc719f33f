import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { types } from 'node:util'
import { errorOf, wrongArgument } from '../errors'
import { isA, known } from '../given'
import { Inbox, OPENED } from './inbox'
import { type InboxOptions, OPTIONS } from './options'
import { noDriver, PATIENCE, type Query, type Row, type Script, type Store, unavailable } from './store'

/** A connection, as `DatabaseSync` of node:sqlite and `Database` of better-sqlite3 are. */
export interface SqliteDatabase {
  exec(sql: string): unknown
  // biome-ignore lint/suspicious/noExplicitAny: both drivers' own types of parameters and rows
  prepare(sql: string): { run(...given: any[]): unknown; get(...given: any[]): any; all(...given: any[]): any[] }
  close(): unknown
}

/** `DatabaseSync`, or better-sqlite3's `Database`. */
export type SqliteDriver<Database extends SqliteDatabase = SqliteDatabase> = new (path: string) => Database

export interface SqliteOptions<Database extends SqliteDatabase = SqliteDatabase> extends InboxOptions {
  /** The class that opens the file. Otherwise node:sqlite where Node has it, or the package better-sqlite3. */
  readonly driver?: SqliteDriver<Database> | undefined
}

/** A prepared statement; each driver has another name for reading whole numbers exactly. */
interface Prepared {
  setReadBigInts?(isOn: boolean): unknown
  safeIntegers?(isOn: boolean): unknown
  /** False, in better-sqlite3, for one without rows, which must not be asked for any. */
  readonly reader?: boolean
  run(): unknown
  all(values: Readonly<Record<string, unknown>>): Row[]
}

const MISSING = 'Check the address; a receiver or a worker makes the file when it starts, unless it was told not to migrate.'

/** How long SQLite itself waits for another process, in milliseconds: it holds up everything else of this one. The rest of the time it is waited for without. */
const BLOCKED = 20

/**
 * An inbox in an SQLite file, for as many processes of one machine as you like. Your own tables may lie in the same file: `delivery.transaction` makes
 * their changes happen exactly once.
 *
 * What is acknowledged is on the disk (WAL, synchronous=FULL). The drivers are sync: each write holds up the process until the disk has it, a few
 * milliseconds or less. Keep the file on a local disk, not on a network's.
 */
export class SqliteInbox<Database extends SqliteDatabase = SqliteDatabase> extends Inbox<Database> {
  /**
   * Opens the file, or makes it.
   *
   * @throws {InboxError} `STORE_UNAVAILABLE` for a file that cannot be opened, `SCHEMA_MISMATCH`.
   */
  static async open<Database extends SqliteDatabase = SqliteDatabase>(
    path: string | URL,
    options: SqliteOptions<Database> = {},
  ): Promise<SqliteInbox<Database>> {
    const { driver = installed(), ...given } = known(options, ['driver', ...OPTIONS], 'SqliteInbox.open')
    if (typeof driver !== 'function') {
      throw wrongArgument('driver must be a class: DatabaseSync of node:sqlite, or Database of better-sqlite3.')
    }
    const file = fileOf(path)
    if (given.migrate === false && !existsSync(file)) {
      // SQLite would make it.
      throw errorOf('SCHEMA_MISMATCH', `There is no file ${file}. ${MISSING}`, { isWhole: true })
    }
    const store = await SqliteStore.open(file, driver as SqliteDriver<Database>)
    try {
      return await new SqliteInbox(store, given, OPENED).ready(given.migrate)
    } catch (thrown) {
      await store.close()
      throw thrown
    }
  }
}

/** One connection. All of a statement or a transaction happens between two turns of the event loop, so nothing of others gets into it. */
class SqliteStore<Database extends SqliteDatabase> implements Store<Database> {
  readonly name = 'sqlite'
  readonly #database: Database
  readonly #prepared = new Map<string, Prepared>()

  private constructor(database: Database) {
    this.#database = database
  }

  static async open<Database extends SqliteDatabase>(path: string, driver: SqliteDriver<Database>): Promise<SqliteStore<Database>> {
    const hint = (thrown: unknown) => `The file ${path} could not be opened: ${adviceOf(path, thrown)}`
    const database = await patiently(() => new driver(path), hint)
    await patiently(() => {
      database.exec(`PRAGMA busy_timeout = ${BLOCKED}`)
      database.exec('PRAGMA journal_mode = WAL')
      database.exec('PRAGMA synchronous = FULL')
    }, hint)
    return new SqliteStore(database)
  }

  run(query: Query): Promise<readonly Row[]> {
    return patiently(() => this.#all(query))
  }

  runInTime(query: Query): Promise<readonly Row[]> {
    return this.run(query)
  }

  async transact<T>(work: (client: Database) => T, script: Script): Promise<Awaited<T>> {
    if (types.isAsyncFunction(work)) {
      throw wrongArgument(SYNC)
    }
    const end = await patiently(() => {
      // For writing from the start: to become a writer later could fail.
      this.#database.exec('BEGIN IMMEDIATE')
      return this.#within(work, script)
    })
    return end()
  }

  isRace(): boolean {
    return false
  }

  /** A file tells nobody: what other processes accept is found by the poll. */
  listen(): () => void {
    return () => {}
  }

  async close(): Promise<void> {
    this.#database.close()
  }

  /** Does both in the transaction that is open, and ends it. What is thrown in it comes out of the function that this gives. */
  #within<T>(work: (client: Database) => T, script: Script): () => Awaited<T> {
    try {
      attempt(() => this.#database.exec(`SAVEPOINT ${WHOLE}`))
      const value = work(this.#database)
      if (types.isPromise(value)) {
        // Its own failure is of no use to anybody.
        value.catch(() => {})
        throw wrongArgument(SYNC)
      }
      // It is gone if the transaction is: after some errors (a conflict with OR ROLLBACK, a full disk) SQLite rolls back by itself.
      attempt(() => this.#database.exec(`RELEASE ${WHOLE}`), ENDED)
      driven(script, (query) => this.#all(query))
      attempt(() => this.#database.exec('COMMIT'))
      return () => value as Awaited<T>
    } catch (thrown) {
      try {
        this.#database.exec('ROLLBACK')
      } catch {
        // SQLite has rolled back by itself.
      }
      return () => {
        throw thrown
      }
    }
  }

  #all({ text, values }: Query): Row[] {
    const prepared = this.#prepare(text)
    if (prepared.reader === false) {
      prepared.run()
      return []
    }
    return prepared.all(Object.fromEntries(Object.entries(values).map(([name, value]) => [name, exact(value)])))
  }

  #prepare(text: string): Prepared {
    let prepared = this.#prepared.get(text)
    if (prepared === undefined) {
      prepared = this.#database.prepare(text) as Prepared
      prepared.setReadBigInts?.(true)
      prepared.safeIntegers?.(true)
      this.#prepared.set(text, prepared)
    }
    return prepared
  }
}

/** A savepoint that is there as long as the transaction is. */
const WHOLE = 'yuno_inbox_whole'

const ENDED =
  'The transaction was ended within its work: by an error after which SQLite rolls back, or by a COMMIT or ROLLBACK. Let such an error end the work, and end no transaction there.'

const SYNC =
  'The work of a transaction must be sync on SQLite, so that nothing else of this process gets into it: do what must be awaited before or after it.'

/** Both drivers bind a number as a floating one. */
function exact(value: unknown): unknown {
  return typeof value === 'number' ? BigInt(value) : value
}

function driven(script: Script, run: (query: Query) => readonly Row[]): void {
  let step = script.next()
  while (!step.done) {
    const { value } = step
    step = script.next(attempt(() => run(value)))
  }
}

function attempt<T>(call: () => T, hint?: string): T {
  try {
    return call()
  } catch (thrown) {
    throw unavailable(thrown, hint)
  }
}

/** Tries again while another process writes, and lets this one go on meanwhile. */
async function patiently<T>(call: () => T, hint?: (thrown: unknown) => string): Promise<T> {
  const until = performance.now() + PATIENCE
  for (;;) {
    try {
      return call()
    } catch (thrown) {
      if (!isBusy(thrown) || performance.now() > until) {
        throw unavailable(thrown, hint?.(thrown))
      }
    }
    await pause(1 + Math.random() * BLOCKED)
  }
}

/** SQLITE_BUSY, by the number of node:sqlite or the name of better-sqlite3. */
function isBusy(thrown: unknown): boolean {
  return is(thrown, 5, 'SQLITE_BUSY')
}

function is(thrown: unknown, errno: number, name: string): boolean {
  const { code, errcode } = thrown as { code?: unknown; errcode?: unknown }
  return (typeof errcode === 'number' && (errcode & 0xff) === errno) || String(code).startsWith(name)
}

function adviceOf(path: string, thrown: unknown): string {
  if (isFolder(path)) {
    return 'this is a folder; name a file in it.'
  }
  if (is(thrown, 26, 'SQLITE_NOTADB')) {
    return 'this file is no SQLite database; check the path.'
  }
  return 'its folder must be there, and this process must be allowed to write to both.'
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

/**
 * What is no path of a file, or may be an address, which may hold a password, and a path is named in errors; also one that was taken for a path before, as
 * `path.normalize(url)` does it, or that is key=value text.
 */
const NO_FILE = /^$|^(:memory:|file:)|:\/\/|[a-z][a-z0-9+.-]+:\/|:(?!\\)[^/]*@|(password|passwd|pwd)\s*=/i

function fileOf(given: unknown): string {
  const path = isA(given, URL) ? fileURLToPath(given) : given
  if (typeof path !== 'string' || NO_FILE.test(path)) {
    throw wrongArgument(
      'An inbox needs the path of a file: what is only in memory is lost with the process, and for an address of PostgreSQL there is PostgresInbox.',
    )
  }
  // The working directory may change; the file does not.
  return resolve(path)
}

function installed(): SqliteDriver {
  const builtIn = process.getBuiltinModule?.('node:sqlite') as { DatabaseSync?: SqliteDriver } | undefined
  if (builtIn?.DatabaseSync !== undefined) {
    return builtIn.DatabaseSync
  }
  let other: SqliteDriver
  try {
    other = require('better-sqlite3') as SqliteDriver
  } catch {
    throw noDriver('There is no driver for SQLite. Use Node 22.13 or newer, which has one, or add a package: npm install better-sqlite3')
  }
  try {
    // Only now it loads what is built for each machine and release of Node.
    new other(':memory:').close()
  } catch {
    throw noDriver(
      'better-sqlite3 is not built for this Node: npm rebuild better-sqlite3, or use Node 22.13 or newer, which has node:sqlite.',
    )
  }
  return other
}
