// Where an inbox can be: a file by each driver that loads here, or a database of Postgres. A process can tell another one of it in JSON.
import { createRequire } from 'node:module'
import pg from 'pg'
import { openInbox, PostgresInbox, SqliteInbox } from 'yuno-webhooks/inbox'

const require = createRequire(import.meta.url)

/** The classes of SQLite that load here, by the names of their packages. @type {Map<string, any>} */
export const drivers = new Map()
for (const [name, find] of Object.entries({
  'node:sqlite': () => /** @type {any} */ (process.getBuiltinModule('node:sqlite')).DatabaseSync,
  'better-sqlite3': () => require('better-sqlite3'),
})) {
  try {
    const driver = find()
    new driver(':memory:').close()
    drivers.set(name, driver)
  } catch {
    // Built for another release of Node, or not there.
  }
}

/** @typedef {import('yuno-webhooks/inbox').InboxOptions} InboxOptions */
/** @typedef {import('yuno-webhooks/inbox').Inbox<any>} Inbox */

/** Effects have no unique key: one that happened twice shows. */
const TABLE = 'CREATE TABLE IF NOT EXISTS effects (key TEXT NOT NULL)'

export class SqlitePlace {
  /** @param {string} driver @param {string} file */
  constructor(driver, file) {
    this.driver = driver
    this.file = file
  }

  /** @param {InboxOptions} [options] @returns {Promise<Inbox>} */
  open(options = {}) {
    return SqliteInbox.open(this.file, { driver: drivers.get(this.driver), ...options })
  }

  /** @param {string} sql @returns {Promise<any[]>} */
  async query(sql) {
    const database = new (drivers.get(this.driver))(this.file)
    try {
      database.exec('PRAGMA busy_timeout = 5000')
      return /^\s*SELECT/i.test(sql) ? database.prepare(sql).all() : database.exec(sql)
    } finally {
      database.close()
    }
  }

  /** Writes an effect in a transaction. @param {any} client @param {string} key */
  effect(client, key) {
    client.prepare('INSERT INTO effects (key) VALUES (?)').run(key)
  }

  makeTable() {
    return this.query(TABLE)
  }
}

export class PostgresPlace {
  /** @param {string} connectionString */
  constructor(connectionString) {
    this.connectionString = connectionString
  }

  /** @param {InboxOptions} [options] @returns {Promise<Inbox>} */
  open(options = {}) {
    return PostgresInbox.open({ connectionString: this.connectionString, ...options })
  }

  /** @param {string} sql @returns {Promise<any[]>} */
  async query(sql) {
    const client = new pg.Client({ connectionString: this.connectionString })
    await client.connect()
    try {
      return (await client.query(sql)).rows
    } finally {
      await client.end()
    }
  }

  /** Writes an effect in a transaction. @param {any} client @param {string} key */
  async effect(client, key) {
    await client.query('INSERT INTO effects (key) VALUES ($1)', [key])
  }

  makeTable() {
    return this.query(TABLE)
  }
}

/** Without tables, and without transactions that others could be part of. */
export class RedisPlace {
  /** @param {string} url */
  constructor(url) {
    this.url = url
  }

  /** @param {InboxOptions} [options] @returns {Promise<Inbox>} */
  open(options = {}) {
    return openInbox(this.url, options)
  }
}

/** @typedef {SqlitePlace | PostgresPlace} Place */

/** @param {string} json @returns {Place | RedisPlace} */
export function placeOf(json) {
  const { driver, file, connectionString, url } = JSON.parse(json)
  if (url !== undefined) {
    return new RedisPlace(url)
  }
  return connectionString === undefined ? new SqlitePlace(driver, file) : new PostgresPlace(connectionString)
}
