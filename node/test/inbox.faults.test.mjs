// A database that is away, hangs or is busy: the provider is asked to send again, workers go on when it is back, and nothing is done twice.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { inspect } from 'node:util'
import pg from 'pg'
import { Receiver, Verifier } from 'yuno-webhooks'
import { Handlers, PostgresInbox } from 'yuno-webhooks/inbox'
import { delivery } from 'yuno-webhooks/testing'
import { drivers, PostgresPlace } from './inbox/places.mjs'
import { until } from './inbox/processes.mjs'
import { server, stores } from './inbox/stores.mjs'

const SECRET = 'a-test-secret'
const ignore = () => {}

/** @param {string} id */
const one = (id) => delivery('payment.purchase', { secret: SECRET, id, merchantReference: 'pr1vate' })

/** A receiver, and how it answers. @param {import('./inbox/places.mjs').Inbox} inbox */
function door(inbox) {
  /** @type {unknown[]} */
  const errors = []
  const receiver = new Receiver(new Verifier({ hmacSecret: SECRET }), { inbox, onError: (error) => errors.push(error) })
  const send = async (/** @type {string} */ id) => {
    const { body, headers } = one(id)
    const started = performance.now()
    const { status } = await receiver.receive(body, headers)
    return { status, seconds: (performance.now() - started) / 1000 }
  }
  return { send, errors }
}

for (const [name, driver] of drivers) {
  describe(`SQLite by ${name}`, async () => {
    const place = /** @type {import('./inbox/places.mjs').SqlitePlace} */ (await stores.get(`SQLite by ${name}`)?.())
    const inbox = await place.open()
    const { send, errors } = door(inbox)

    test('a file that another process writes to is waited for, and the rest of this process goes on', async () => {
      const other = new driver(place.file)
      other.exec('BEGIN IMMEDIATE')
      let longest = 0
      let before = performance.now()
      const turns = setInterval(() => {
        longest = Math.max(longest, performance.now() - before)
        before = performance.now()
      }, 5)
      const sent = send('waited')
      await setTimeout(700)
      other.exec('COMMIT')
      assert.equal((await sent).status, 200)
      other.exec('BEGIN IMMEDIATE')
      const { status, seconds } = await send('too late')
      clearInterval(turns)
      assert(status === 503 && seconds > 4.9 && seconds < 6, `${status} after ${seconds} s`)
      assert(longest < 500, `a turn of the event loop took ${longest} ms`)
      other.exec('ROLLBACK')
      other.close()
      assert.deepEqual([(await send('too late')).status, (await inbox.stats()).pending], [200, 2])
      assert(errors.every((error) => !inspect(error, { depth: 9 }).includes('pr1vate')))
    })

    test('a transaction of the inbox is sync, so that nothing else gets into it', async () => {
      const [claimed] = await inbox.claim()
      assert(claimed !== undefined)
      const text = { code: 'INVALID_ARGUMENT', message: /must be sync on SQLite/ }
      await assert.rejects(
        claimed.transaction(async () => {}),
        text,
      )
      await assert.rejects(
        claimed.transaction((client) => {
          client.exec('CREATE TABLE of_a_promise (a)')
          return Promise.reject(new Error('nobody handles it'))
        }),
        text,
      )
      assert.equal((await place.query("SELECT count(*) AS n FROM sqlite_master WHERE name = 'of_a_promise'"))[0].n, 0)
      assert.equal((await inbox.find(claimed.key)).state, 'processing')
      await claimed.giveBack()
    })

    const undoing = {
      'a conflict': 'INSERT OR ROLLBACK INTO known VALUES (1)',
      'a trigger': 'INSERT INTO refused VALUES (1)',
      'a full disk': 'INSERT INTO large VALUES (zeroblob(9000000))',
      'a COMMIT': 'COMMIT',
    }
    for (const [what, statement] of Object.entries(undoing)) {
      test(`a transaction that ends before its work, by ${what}, completes nothing`, async () => {
        const other = new driver(place.file)
        other.exec(`CREATE TABLE IF NOT EXISTS known (id INTEGER PRIMARY KEY); INSERT OR IGNORE INTO known VALUES (1);
          CREATE TABLE IF NOT EXISTS large (body); CREATE TABLE IF NOT EXISTS refused (id);
          CREATE TRIGGER IF NOT EXISTS no BEFORE INSERT ON refused BEGIN SELECT RAISE(ROLLBACK, 'no'); END`)
        other.close()
        await place.makeTable()
        const [claimed] = await inbox.claim()
        assert(claimed !== undefined)
        const failing = claimed.transaction((client) => {
          place.effect(client, what)
          const { page_count: pages } = client.prepare('PRAGMA page_count').get()
          client.exec(`PRAGMA max_page_count = ${Number(pages) + 10}`)
          try {
            client.exec(statement)
          } catch {
            // SQLite has rolled back.
          }
          client.exec('PRAGMA max_page_count = 1000000')
        })
        await assert.rejects(failing, { code: 'STORE_UNAVAILABLE', message: /was ended within its work/ })
        const effects = await place.query(`SELECT key FROM effects WHERE key = '${what}'`)
        assert.equal(effects.length, what === 'a COMMIT' ? 1 : 0)
        assert.equal((await inbox.find(claimed.key)).state, 'processing')
        await claimed.giveBack()
      })
    }

    test('what is opened is closed', () => inbox.close())
  })
}

if (server !== null) {
  const postgres = server
  describe('PostgreSQL', async () => {
    const url = await postgres.database()
    const place = new PostgresPlace(url)
    await place.makeTable()

    test('while the server is away deliveries are asked for again, and workers wait for it', async (t) => {
      const logs = [t.mock.method(console, 'error', ignore), t.mock.method(console, 'warn', ignore)]
      const inbox = await place.open()
      const { send, errors } = door(inbox)
      /** @type {string[]} */
      const worked = []
      let hold = false
      const fallback = async (/** @type {any} */ own) => {
        await own.transaction(async (/** @type {pg.PoolClient} */ client) => {
          await place.effect(client, own.key)
          worked.push(own.event.resource.id)
          // The connection is lost while nobody looks at it.
          await until(() => !hold)
        })
      }
      const running = inbox.run(new Handlers({ fallback }), { workers: 2, lease: 1, signals: false })
      assert.equal((await send('before')).status, 200)
      await until(async () => (await inbox.stats()).pending === 0)
      hold = true
      assert.equal((await send('held')).status, 200)
      await until(() => worked.includes('held'))
      await postgres.down('SIGQUIT')
      const { status, seconds } = await send('away')
      assert(status === 503 && seconds < 6, `${status} after ${seconds} s`)
      assert.equal((await send('away')).status, 503)
      hold = false
      await postgres.up()
      await until(async () => (await send('away')).status === 200)
      await until(async () => (await place.query('SELECT key FROM effects')).length === 3, 60_000)
      const { pending, leased, dead } = await inbox.stats()
      assert.deepEqual([pending, leased, dead], [0, 0, 0])
      await inbox.close()
      await running
      const lines = [...errors, ...logs.flatMap((log) => log.mock.calls.map((call) => call.arguments))].map((own) =>
        inspect(own, { depth: 9 }),
      )
      assert(lines.some((line) => line.includes('nothing can be claimed')))
      assert(lines.every((line) => !line.includes('pr1vate')))
    })

    test('a server that does not answer is not waited for longer than 5 seconds, whoever made the pool', async () => {
      // It takes connections, and says nothing.
      const sockets = new Set()
      const silent = createServer((socket) => sockets.add(socket.on('error', ignore))).listen(0, '127.0.0.1')
      await once(silent, 'listening')
      const { port } = /** @type {import('node:net').AddressInfo} */ (silent.address())
      const pool = new pg.Pool({ connectionString: url })
      pool.on('error', ignore)
      const inbox = await PostgresInbox.open({ pool })
      pool.options.connectionString = `postgresql://tests@127.0.0.1:${port}/none`
      const busy = await pool.connect()
      const { status, seconds } = await door(inbox).send('silent')
      assert(status === 503 && seconds > 4.9 && seconds < 6, `${status} after ${seconds} s`)
      busy.release()
      await inbox.close()
      for (const socket of sockets) {
        socket.destroy()
      }
      silent.close()
      await pool.end()
    })

    test('a row that is locked does not hold up the provider', async () => {
      const inbox = await place.open({ scope: 'locked' })
      const { send } = door(inbox)
      assert.equal((await send('locked')).status, 200)
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      await client.query("BEGIN; SELECT 1 FROM yuno_inbox WHERE scope = 'locked' FOR UPDATE")
      const { status, seconds } = await send('locked')
      assert(status === 200 && seconds < 1, `${status} after ${seconds} s`)
      await client.query('ROLLBACK; BEGIN; LOCK TABLE yuno_inbox')
      const locked = await send('other')
      assert(locked.status === 503 && locked.seconds < 6, `${locked.status} after ${locked.seconds} s`)
      await client.end()
      await inbox.close()
    })

    test('a delivery is completed in the merchant’s own transaction', async () => {
      const pool = new pg.Pool({ connectionString: url, max: 3 })
      const inbox = await PostgresInbox.open({ pool, scope: 'own' })
      const { send } = door(inbox)
      await send('own')
      const [claimed] = await inbox.claim({ lease: 1 })
      assert(claimed !== undefined)
      const client = await pool.connect()
      for (const end of ['ROLLBACK', 'COMMIT']) {
        await client.query('BEGIN')
        await place.effect(client, 'own')
        await claimed.complete(client)
        assert.equal((await inbox.find(claimed.key)).state, 'processing')
        await client.query(end)
      }
      client.release()
      assert.equal((await inbox.find(claimed.key)).state, 'done')
      assert.equal((await place.query("SELECT key FROM effects WHERE key = 'own'")).length, 1)
      // It is the merchant's, and stays open.
      await inbox.close()
      assert.equal((await pool.query('SELECT 1 AS one')).rows[0].one, 1)
      await pool.end()
    })

    test('an error in a transaction that nobody looked at undoes all of it', async () => {
      const inbox = await place.open({ scope: 'swallowed' })
      await door(inbox).send('swallowed')
      const [claimed] = await inbox.claim()
      assert(claimed !== undefined)
      const failing = claimed.transaction(async (client) => {
        await place.effect(client, 'swallowed')
        await client.query('SELECT 1 / 0').catch(ignore)
      })
      await assert.rejects(failing, { code: 'STORE_UNAVAILABLE' })
      assert.equal((await place.query("SELECT key FROM effects WHERE key = 'swallowed'")).length, 0)
      await claimed.giveBack()
      await inbox.close()
    })

    test('nothing is compiled for each delivery', async () => {
      const inbox = await place.open({ scope: 'compiled' })
      await door(inbox).send('compiled')
      const [claimed] = await inbox.claim()
      const seen = await claimed?.transaction((client) => client.query('SHOW jit'))
      assert.deepEqual(seen?.rows, [{ jit: 'off' }])
      await inbox.close()
    })

    test('what is accepted is read committed, whatever the default of the database is', async () => {
      const inbox = await place.open({ scope: 'levels' })
      const name = new URL(url).pathname.slice(1)
      await place.query(`
        CREATE TABLE levels (level TEXT);
        CREATE FUNCTION note_level() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN INSERT INTO levels VALUES (current_setting('transaction_isolation')); RETURN NULL; END $$;
        CREATE TRIGGER note_level AFTER INSERT ON yuno_inbox FOR EACH ROW WHEN (NEW.scope = 'strict') EXECUTE FUNCTION note_level();
        ALTER DATABASE ${name} SET default_transaction_isolation = 'serializable'`)
      try {
        assert.deepEqual(await place.query('SHOW transaction_isolation'), [{ transaction_isolation: 'serializable' }])
        const strict = await place.open({ scope: 'strict' })
        assert.equal((await door(strict).send('strict')).status, 200)
        assert.deepEqual(await place.query('SELECT level FROM levels'), [{ level: 'read committed' }])
        const [claimed] = await strict.claim()
        const seen = await claimed?.transaction((client) => client.query('SHOW default_transaction_isolation'))
        assert.deepEqual(seen?.rows, [{ default_transaction_isolation: 'read committed' }])
        await strict.close()
      } finally {
        await place.query(`ALTER DATABASE ${name} RESET default_transaction_isolation; DROP TRIGGER note_level ON yuno_inbox`)
        await inbox.close()
      }
    })

    test('a pool of one is enough to work by', async () => {
      const pool = new pg.Pool({ connectionString: url, max: 1 })
      const inbox = await PostgresInbox.open({ pool, scope: 'alone' })
      await door(inbox).send('alone')
      const running = inbox.run(new Handlers({ fallback: ignore }), { signals: false })
      await until(async () => (await inbox.stats()).pending === 0)
      await inbox.close()
      await running
      await pool.end()
    })

    test('workers of several processes that claim at once never get one delivery twice', async () => {
      const inboxes = await Promise.all([1, 2, 3, 4].map(() => place.open({ scope: 'race' })))
      const [first] = inboxes
      const { send } = door(/** @type {any} */ (first))
      const ids = Array.from({ length: 40 }, (_, number) => `race-${number}`)
      await Promise.all(ids.map(send))
      const claimed = (await Promise.all(inboxes.flatMap((inbox) => [1, 2, 3, 4].map(() => inbox.claim({ limit: 5 }))))).flat()
      assert.equal(new Set(claimed.map(({ key }) => key)).size, claimed.length)
      assert(claimed.length > 5)
      await Promise.all(inboxes.map((inbox) => inbox.close()))
    })
  })
}
