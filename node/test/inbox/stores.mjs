// The stores that a test runs on, each as a function that makes a new and empty place.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { drivers, PostgresPlace, RedisPlace, SqlitePlace } from './places.mjs'
import { Server } from './postgres.mjs'
import { RedisServer } from './redis.mjs'

/** @typedef {import('./places.mjs').Place} Place */

const folder = mkdtempSync(join(tmpdir(), 'yuno-webhooks-inbox-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let files = 0

/** @type {Map<string, () => Promise<Place>>} */
export const stores = new Map()
for (const driver of drivers.keys()) {
  stores.set(`SQLite by ${driver}`, async () => {
    files += 1
    return new SqlitePlace(driver, join(folder, `inbox-${files}.db`))
  })
}
if (drivers.size === 0) {
  throw new Error('no driver for SQLite loads here: run npm install in node/, or use Node 22.13 or newer')
}

export const server = await Server.start()
if (server !== null) {
  after(() => server.remove())
  stores.set('PostgreSQL', async () => new PostgresPlace(await server.database()))
} else {
  skip('PostgreSQL is not on this machine: its inbox is not tested')
}

/** These and Redis, for tests that write to no table. @type {Map<string, () => Promise<Place | RedisPlace>>} */
export const anywhere = new Map(stores)
const DATABASES = 500
export const redis = await RedisServer.start({ databases: `${DATABASES}` })
if (redis !== null) {
  after(() => redis.remove())
  let databases = 0
  anywhere.set('Redis', async () => {
    databases += 1
    return new RedisPlace(`${redis.url}/${databases}`)
  })
} else {
  skip('Redis is not on this machine: its inbox is not tested')
}

/** @param {string} because */
function skip(because) {
  if (process.env.YUNO_NO_SKIP !== undefined || process.env.CI === 'true') {
    throw new Error(because)
  }
  console.log(`skipped: ${because}`)
}
