// An inbox at the door, in the hand of whoever works by himself, and for people: what each store does alike.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { Event, InboxError, PayloadError, Receiver, Schedule, Verifier } from 'yuno-webhooks'
import { Backoff, Handlers, openInbox, PostgresInbox, SqliteInbox } from 'yuno-webhooks/inbox'
import { delivery, headers, sample } from 'yuno-webhooks/testing'
import { SqlitePlace } from './inbox/places.mjs'
import { stores } from './inbox/stores.mjs'

const SECRET = 'a-test-secret'
const VERIFIER = new Verifier({ hmacSecret: SECRET })

/** Wrong on purpose. @param {unknown} value @returns {any} */
const any = (value) => value
const ignore = () => {}
/** @param {RegExp} text */
const typeError = (text) => ({ name: 'TypeError', code: 'INVALID_ARGUMENT', message: text })
/** @param {string} code */
const coded = (code) => (/** @type {unknown} */ error) => error instanceof InboxError && error.code === code
/** @param {string} id */
const purchase = (id) => Event.parseUnverified(sample('payment.purchase', { id }))
const keyOf = (/** @type {string} */ id) => purchase(id).dedupeKey

test('a backoff waits longer each time, and ends', () => {
  const usual = new Backoff()
  assert.deepEqual([usual.first, usual.most, usual.attempts], [5, 3600, 24])
  assert.deepEqual([usual.delay(1, 0), usual.delay(1, 2 ** 32 - 1), usual.delay(23, 0), usual.delay(24)], [2.5, 4.999, 1800, null])
  const random = usual.delay(1) ?? 0
  assert(random >= 2.5 && random < 5)
  assert.equal(new Backoff({ first: 0.01, most: 0.01, attempts: 2 }).delay(1, 0), 0.005)
  assert.throws(() => new Backoff({ attempts: 0 }), { code: 'INVALID_LIMIT', message: /at least one attempt/ })
  assert.throws(() => new Backoff({ first: 9, most: 8 }), { code: 'INVALID_LIMIT' })
  assert.throws(() => new Backoff({ attempts: 1.5 }), { code: 'INVALID_LIMIT' })
  assert.throws(() => new Backoff({ first: any('5') }), typeError(/first must be a number of seconds/))
  assert.throws(() => new Backoff(any({ frist: 5 })), typeError(/Did you mean first\?/))
  assert.throws(() => usual.delay(-1), typeError(/whole numbers/))
})

test('a better-sqlite3 that is not built for this Node is told as such', () => {
  const script = `
    process.getBuiltinModule = undefined
    const { dlopen } = process
    process.dlopen = (module, file, ...rest) => {
      if (/better_sqlite3/.test(file)) throw new Error('built for another')
      return dlopen.call(process, module, file, ...rest)
    }
    require('yuno-webhooks/inbox').SqliteInbox.open('never.db').catch(({ code, message }) => console.log(code, message))`
  const output = execFileSync(process.execPath, ['-e', script], { cwd: new URL('..', import.meta.url), encoding: 'utf8' })
  assert.match(output, /^ERR_YUNO_WEBHOOKS_DRIVER better-sqlite3 is not built for this Node: npm rebuild/)
})

test('handlers are checked as those of a receiver are', () => {
  assert.throws(() => new Handlers(any(undefined)), typeError(/fallback must be a function/))
  const handlers = new Handlers({ fallback: ignore }).on('payment.purchase', ignore).on(['payment.refund', 'payment.capture'], ignore)
  assert.throws(() => handlers.on('payment.refund', ignore), typeError(/has a handler already/))
  assert.throws(() => handlers.on(any('payment.purchse'), ignore), typeError(/"payment\.purchase"\?/))
  assert.throws(
    () =>
      handlers.on(
        'payment.verify',
        any(function* () {}),
      ),
    typeError(/generator/),
  )
})

// As in Python's test.
const NO_FILES = [
  ...['', ':memory:', 'file::memory:', 'postgresql://shop', 'sqlite:///shop.db', 'postgresql://shop:pass-word@db/shop'],
  ...[
    'postgresql:/shop:pass-word@db/shop',
    'redis:/pass-word',
    'shop:pass-word@db:5432/shop',
    '//shop:pass-word@db/shop',
    'folder/shop:pass-word@db',
  ],
  ...['host=db user=shop password=pass-word dbname=shop', 'Server=db;Password=pass-word', 'PWD = pass-word', 'passwd=pass-word'],
]

test('an inbox is opened with what can be right', async () => {
  const place = /** @type {SqlitePlace} */ (await [...stores.values()][0]?.())
  const noPath = typeError(/^An inbox needs the path of a file(?!.*pass-word)/)
  await assert.rejects(SqliteInbox.open(any(undefined)), noPath)
  await assert.rejects(SqliteInbox.open(any(5)), noPath)
  for (const noFile of NO_FILES) {
    for (const migrate of [true, false]) {
      await assert.rejects(SqliteInbox.open(noFile, { migrate }), noPath)
      const text = noFile === '' ? /^The URL/ : noFile.startsWith('//') ? /^A file has no host/ : noPath.message
      await assert.rejects(openInbox(`sqlite:${noFile}`, { migrate }), typeError(text))
    }
  }
  for (const name of ['me@home.db', 'a:b.db', 'C:\\me@home.db', 'pwd.db']) {
    await (await new SqlitePlace(place.driver, join(dirname(place.file), name)).open()).close()
  }
  await assert.rejects(SqliteInbox.open(place.file, any({ driver: 'better-sqlite3' })), typeError(/driver must be a class/))
  await assert.rejects(SqliteInbox.open(place.file, any({ scop: 'a' })), typeError(/Did you mean scope\?/))
  for (const wrong of [{ scope: '' }, { scope: 5 }, { migrate: 'no' }, { onOutcome: 5 }]) {
    await assert.rejects(place.open(any(wrong)), typeError(/scope|migrate|onOutcome/))
  }
  await assert.rejects(PostgresInbox.open(any({})), typeError(/one of two/))
  await assert.rejects(PostgresInbox.open(any({ pool: {} })), typeError(/pool must be a Pool/))
  await assert.rejects(PostgresInbox.open(any({ connectionString: 5 })), typeError(/connectionString/))
  assert.throws(() => Reflect.construct(SqliteInbox, [place.file]), typeError(/await SqliteInbox\.open/))
  const folder = dirname(place.file)
  await assert.rejects(new SqlitePlace(place.driver, folder).open(), {
    message: `STORE_UNAVAILABLE: The file ${folder} could not be opened: this is a folder; name a file in it.`,
  })
  const other = join(folder, 'other')
  writeFileSync(other, 'something else, and long enough not to be taken for an empty file '.repeat(100))
  await assert.rejects(new SqlitePlace(place.driver, other).open(), {
    message: `STORE_UNAVAILABLE: The file ${other} could not be opened: this file is no SQLite database; check the path.`,
  })
  const missing = new SqlitePlace(place.driver, `${place.file}.d/inbox.db`)
  await assert.rejects(missing.open(), {
    code: 'STORE_UNAVAILABLE',
    message: `STORE_UNAVAILABLE: The file ${place.file}.d/inbox.db could not be opened: its folder must be there, and this process must be allowed to write to both.`,
  })
})

for (const [name, make] of stores) {
  describe(name, async () => {
    const place = await make()
    await place.makeTable()
    let scopes = 0
    /** An inbox with nothing in it. @param {import('./inbox/places.mjs').InboxOptions} [options] */
    const open = (options) => {
      scopes += 1
      return place.open({ scope: `scope ${scopes}`, ...options })
    }

    test('the schema is made once, checked, and never a later release’s', async () => {
      const own = await make()
      await assert.rejects(own.open({ migrate: false }), coded('SCHEMA_MISMATCH'))
      const several = await Promise.all([1, 2, 3, 4].map((scope) => own.open({ scope: `${scope}` })))
      await Promise.all(several.map((inbox) => inbox.accept(purchase('p-1'))))
      await Promise.all(several.map((inbox) => inbox.close()))
      await (await own.open({ migrate: false })).close()
      await own.query('UPDATE yuno_inbox_schema SET version = 2')
      await assert.rejects(own.open(), coded('SCHEMA_MISMATCH'))
    })

    test('what is accepted comes back as it was', async () => {
      const inbox = await open()
      const body = sample('payment.purchase', { id: 'p-1', merchantReference: 'pr1vate é' })
      const event = Event.parseUnverified(body)
      assert.deepEqual(await inbox.accept(event), { key: event.dedupeKey, outcome: 'accepted' })
      assert.deepEqual(await inbox.accept(event), { key: event.dedupeKey, outcome: 'duplicate' })
      const [claimed, ...others] = await inbox.claim({ limit: 5, lease: 30 })
      assert(claimed !== undefined && others.length === 0)
      assert.deepEqual([claimed.raw, claimed.event.resource.merchantReference], [body, 'pr1vate é'])
      assert.deepEqual(
        [claimed.kind, claimed.resource, claimed.attempt, claimed.fence, claimed.superseded],
        ['payment.purchase', 'payment/p-1', 1, 1n, false],
      )
      assert(Math.abs(claimed.receivedAt.getTime() - Date.now()) < 60_000)
      for (const text of [inspect(claimed, { showHidden: true, depth: 9 }), JSON.stringify(claimed), `${claimed}`, inspect(inbox)]) {
        assert(!text.includes('pr1vate'), text)
      }
      await claimed.complete()
      const { body: kept, receivedAt, availableAt, finishedAt, ...record } = await inbox.find(claimed.key)
      assert.deepEqual([kept, receivedAt], [body, claimed.receivedAt])
      assert(availableAt <= (finishedAt ?? 0))
      assert.deepEqual(record, {
        key: event.dedupeKey,
        kind: 'payment.purchase',
        resource: 'payment/p-1',
        state: 'done',
        attempts: 1,
        duplicates: 1,
        errorClass: null,
        errorText: null,
      })
      await inbox.close()
    })

    test('an instant is stored to its nanosecond, and scopes know nothing of each other', async () => {
      const [one, other] = [await open(), await open()]
      await one.accept(Event.parseUnverified(sample('payment.purchase', { id: 'exact', updatedAt: '2026-08-01T10:00:01.123456789Z' })))
      const text = "SELECT CAST(changed_at AS TEXT) AS changed_at FROM yuno_inbox WHERE resource = 'payment/exact'"
      assert.equal((await place.query(text))[0].changed_at, '1785578401123456789')
      assert.equal((await other.stats()).pending, 0)
      assert.equal((await other.accept(purchase('exact'))).outcome, 'accepted')
      await assert.rejects(other.find('y1-none'), coded('NOT_FOUND'))
      await Promise.all([one.close(), other.close()])
    })

    test('what is written in a transaction happens with the end of the delivery, or not at all', async () => {
      const inbox = await open()
      const key = keyOf(`in-${name}`)
      const count = async () => Number((await place.query(`SELECT count(*) AS n FROM effects WHERE key = '${key}'`))[0].n)
      await inbox.accept(purchase(`in-${name}`))
      const [first] = await inbox.claim({ lease: 0 })
      assert(first !== undefined)
      const failure = new Error('away')
      const failing = first.transaction((client) => {
        const written = place.effect(client, key)
        if (written === undefined) {
          throw failure
        }
        return written.then(() => assert.fail(failure))
      })
      await assert.rejects(failing, failure)
      assert.deepEqual([await count(), (await inbox.find(key)).state], [0, 'processing'])
      // Its lease is over, and another has it.
      const [second] = await inbox.claim()
      assert(second !== undefined && second.fence === 2n)
      await assert.rejects(
        first.transaction((client) => place.effect(client, key)),
        coded('STALE_FENCE'),
      )
      assert.equal(await count(), 0)
      const given = await second.transaction((client) => {
        const written = place.effect(client, key)
        return written === undefined ? 'what the work gave' : written.then(() => 'what the work gave')
      })
      assert.equal(given, 'what the work gave')
      assert.deepEqual([await count(), (await inbox.find(key)).state], [1, 'done'])
      const late = [
        () => second.complete(),
        () => second.bury(failure),
        () => second.release(failure, 1),
        () => second.giveBack(),
        () => second.extend(1),
      ]
      for (const call of late) {
        await assert.rejects(call, coded('STALE_FENCE'))
      }
      await inbox.close()
    })

    test('an error is kept as its class and its text, and nothing more of it', async () => {
      const inbox = await open()
      class Away extends Error {}
      const hostile = Object.defineProperty(new Error('x'), 'message', { get: () => assert.fail('no') })
      const [strange, kept] = [Object.create(null), Object.assign(new Away('the bank\nis away'), { detail: 'pr1vate' })]
      for (const [error, type, text] of /** @type {[unknown, string, RegExp][]} */ ([
        [kept, 'Away', /^the bank is away$/],
        ['a text', 'string', /^a text$/],
        [undefined, 'undefined', /^undefined$/],
        [strange, 'object', /could not be read/],
        [hostile, 'object', /could not be read/],
      ])) {
        await inbox.accept(purchase('failing'))
        const [claimed] = await inbox.claim()
        await claimed?.release(error, 0)
        const record = await inbox.find(keyOf('failing'))
        assert.equal(record.errorClass, type)
        assert.match(record.errorText ?? '', text)
      }
      await inbox.close()
    })

    test('what is removed is as old as the schedule wants it', async () => {
      const inbox = await open()
      const quick = new Schedule({ since: 'first_try', delays: [0], waits: [1] })
      assert(quick.minimumRetention > 0)
      await assert.rejects(inbox.purge({ olderThan: 60 }), coded('RETENTION_TOO_SHORT'))
      await assert.rejects(inbox.purge({ olderThan: quick.minimumRetention - 1, schedule: quick }), coded('RETENTION_TOO_SHORT'))
      await assert.rejects(inbox.forgetKeys(any({})), typeError(/olderThan/))
      await assert.rejects(inbox.purge({ schedule: any({}) }), typeError(/schedule/))
      // Seen from a day that is far enough away.
      const events = Array.from({ length: 7 }, (_, number) => purchase(`old-${number}`))
      await Promise.all(events.map((event) => inbox.accept(event)))
      await Promise.all((await inbox.claim({ limit: 10 })).map((claimed) => claimed.complete()))
      Object.assign(inbox, { [Symbol.for('yuno-webhooks.clock')]: () => Date.now() + 40 * 86_400_000 })
      assert.deepEqual([await inbox.purge({ limit: 3 }), await inbox.purge()], [7, 0])
      assert.equal((await inbox.find(keyOf('old-1'))).body, null)
      // The newest row of the table is not forgotten.
      await inbox.accept(purchase('newest'))
      assert.equal(await inbox.forgetKeys({ olderThan: quick.minimumRetention, schedule: quick, limit: 2 }), 7)
      await inbox.close()
    })

    test('arguments are checked before the database sees them', async () => {
      const inbox = await open()
      await assert.rejects(inbox.accept(any({ dedupeKey: 'x' })), typeError(/verifier\.verify gave/))
      await assert.rejects(inbox.acceptUnreadable(Buffer.from('[]'), any(new Error('x'))), typeError(/PayloadError/))
      for (const options of [{ limit: 0 }, { limit: 1.5 }, { lease: -1 }, { lease: Number.NaN }, { attempts: '3' }]) {
        await assert.rejects(inbox.claim(any(options)), typeError(/limit|lease|attempts/))
      }
      await assert.rejects(inbox.replayDead({ kind: any('payment.purchse') }), typeError(/"payment\.purchase"\?/))
      await assert.rejects(inbox.find(any(5)), typeError(/key must be a string/))
      await assert.rejects(inbox.run(any({})), typeError(/run takes Handlers/))
      const handlers = new Handlers({ fallback: ignore })
      for (const options of [
        { workers: 0 },
        { lease: 0 },
        { poll: 0 },
        { grace: -1 },
        { backoff: {} },
        { signal: 1 },
        { onError: 1 },
        { signals: 1 },
      ]) {
        await assert.rejects(inbox.run(handlers, any(options)), typeError(/must be/))
      }
      await inbox.close()
    })

    test('what somebody put on Object.prototype is stored nowhere', async () => {
      const inbox = await open()
      const body = Buffer.from('[2]')
      const error = unreadable({ body, headers: headers(body, SECRET) })
      const polluted = any(Object.prototype)
      Object.assign(polluted, { kind: 'payment.purchase', resource: 'polluted', now: 5, changed_at: 5 })
      try {
        await inbox.acceptUnreadable(body, error)
      } finally {
        for (const name of ['kind', 'resource', 'now', 'changed_at']) {
          delete polluted[name]
        }
      }
      const [{ dedupe_key: key }] = /** @type {[any]} */ (
        await place.query(`SELECT dedupe_key FROM yuno_inbox WHERE scope = '${inbox.scope}'`)
      )
      const record = await inbox.find(key)
      assert.deepEqual([record.kind, record.resource, record.state], [null, null, 'dead'])
      assert(record.receivedAt.getTime() > 5)
      await inbox.close()
    })

    test('a receiver stores each delivery once, and answers', async () => {
      /** @type {any[]} */
      const outcomes = []
      const inbox = await open({
        onOutcome: ({ result, kind, key, seconds }) => outcomes.push([result, kind, key.slice(0, 3), seconds >= 0]),
      })
      const receiver = new Receiver(VERIFIER, { inbox })
      const one = delivery('payment.purchase', { secret: SECRET, id: 'door' })
      const status = async (/** @type {{ body: Uint8Array, headers: any }} */ { body, headers }) =>
        (await receiver.receive(body, headers)).status
      assert.deepEqual([await status(one), await status(one.redelivered(2)), await status(one.forged())], [200, 200, 401])
      const list = { body: Buffer.from('[1]'), headers: headers(Buffer.from('[1]'), SECRET) }
      assert.deepEqual([await status(list), await status(list)], [200, 200])
      const empty = { body: Buffer.alloc(0), headers: headers(Buffer.alloc(0), SECRET) }
      assert.equal(await status(empty), 200)
      assert.deepEqual(outcomes, [
        ['accepted', 'payment.purchase', 'y1-', true],
        ['duplicate', 'payment.purchase', 'y1-', true],
        ['unreadable', null, 'x1-', true],
        ['duplicate', null, 'x1-', true],
      ])
      const { pending, dead, duplicates } = await inbox.stats()
      assert.deepEqual([pending, dead, duplicates], [1, 1, 2])
      assert.equal(await inbox.acceptUnreadable(empty.body, unreadable(empty)), null)
      assert.throws(() => receiver.on('payment.purchase', ignore), typeError(/inbox\.run\(new Handlers/))
      assert.throws(() => new Receiver(VERIFIER, any({ inbox, fallback: ignore })), typeError(/inbox\.run\(new Handlers/))
      assert.throws(() => new Receiver(VERIFIER, any({ inbox, onUnreadable: ignore })), typeError(/stores what is authentic/))
      assert.throws(() => new Receiver(VERIFIER, any({ inbox: {} })), typeError(/SqliteInbox\.open/))
      await inbox.close()
    })

    test('an inbox that is closed answers 503, and an observer that fails changes nothing', async (t) => {
      const log = t.mock.method(console, 'error', ignore)
      /** @type {any[]} */
      const outcomes = []
      const onOutcome = (/** @type {any} */ { result }) => {
        outcomes.push(result)
        throw new Error('pr1vate')
      }
      const inbox = await open({ onOutcome })
      const receiver = new Receiver(VERIFIER, { inbox })
      const one = delivery('payment.purchase', { secret: SECRET, id: 'closed', merchantReference: 'pr1vate' })
      assert.equal((await receiver.receive(one.body, one.headers)).status, 200)
      await inbox.close()
      assert.equal((await receiver.receive(one.body, one.headers)).status, 503)
      await assert.rejects(inbox.claim(), coded('STORE_UNAVAILABLE'))
      assert.deepEqual(outcomes, ['accepted', 'unavailable'])
      const lines = log.mock.calls.map(({ arguments: words }) => inspect(words, { depth: 9 }))
      assert(lines.some((line) => /the storing of.*payment\.purchase/.test(line)))
      assert(
        lines.every((line) => !line.includes('pr1vate')),
        String(lines),
      )
    })
  })
}

/** @param {{ body: Uint8Array, headers: any }} one @returns {PayloadError} */
function unreadable({ body, headers: fields }) {
  try {
    VERIFIER.verify(body, fields)
  } catch (error) {
    assert(error instanceof PayloadError)
    return error
  }
  return assert.fail('it can be read')
}
