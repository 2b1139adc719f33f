// Hand-off to a queue of the merchant's: what is published, what its consumer's call does, and what the sweep finds again.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { format, inspect } from 'node:util'
import { Event, InboxError, Receiver, Verifier } from 'yuno-webhooks'
import { Backoff, Handlers, openInbox } from 'yuno-webhooks/inbox'
import { delivery, headers, sample } from 'yuno-webhooks/testing'
import { PostgresPlace, RedisPlace } from './inbox/places.mjs'
import { until } from './inbox/processes.mjs'
import { anywhere, stores } from './inbox/stores.mjs'

const SECRET = 'a-test-secret'
const CLOCK = Symbol.for('yuno-webhooks.clock')

/** Wrong on purpose. @param {unknown} value @returns {any} */
const any = (value) => value
const ignore = () => {}
const never = () => new Promise(ignore)
/** @param {string} id @param {Record<string, unknown>} [more] @param {any} [kind] */
const event = (id, more = {}, kind = 'payment.purchase') => Event.parseUnverified(sample(kind, { id, ...more }))
/** @param {string} code */
const coded = (code) => (/** @type {unknown} */ error) => error instanceof InboxError && error.code === code
/** What was written. @param {{ mock: { calls: readonly { arguments: any[] }[] } }} log */
const linesOf = (log) => log.mock.calls.map(({ arguments: words }) => format(...words))
const second = (/** @type {number} */ number) => `2026-08-01T10:00:0${number}Z`

for (const [name, make] of anywhere) {
  describe(name, async () => {
    const place = await make()
    if (!(place instanceof RedisPlace)) {
      await place.makeTable()
    }
    let scopes = 0
    /** An inbox with nothing in it, and what it published. @param {import('./inbox/places.mjs').InboxOptions} [options] */
    const open = async (options) => {
      scopes += 1
      /** @type {string[]} */
      const published = []
      const inbox = await place.open({ scope: `scope ${scopes}`, publish: (key) => published.push(key), ...options })
      return { inbox, published }
    }

    test('what is stored is published, once it is', async () => {
      /** @type {any[]} */
      const seen = []
      const { inbox } = await open({ publish: async (key) => seen.push([key, (await inbox.find(key)).state]) })
      const receiver = new Receiver(new Verifier({ hmacSecret: SECRET }), { inbox })
      const one = delivery('payment.purchase', { secret: SECRET, id: 'p-1' })
      const list = Buffer.from('[1]')
      for (const { body, headers: fields } of [one, one.redelivered(1), one.forged(), { body: list, headers: headers(list, SECRET) }]) {
        await receiver.receive(body, fields)
      }
      const { dedupeKey } = Event.parseUnverified(one.body)
      // Neither the duplicate nor the forged one, nor what is dead already.
      assert.deepEqual(seen, [[dedupeKey, 'pending']])
      const pause = Event.parseUnverified(
        Buffer.from('{"retry":0,"type":"subscription","type_event":"subscription.pause","data":{"subscription":{"code":"s-1"}}}'),
      )
      const first = await inbox.accept(pause)
      Object.assign(inbox, { [CLOCK]: () => Date.now() + 3_600_000 })
      assert.equal((await inbox.accept(pause)).outcome, 'repeat')
      assert.deepEqual(
        seen.slice(1).map(([key]) => key),
        [first.key, `${first.key}.2`],
      )
      await inbox.close()
    })

    test('a queue that fails or hangs changes no answer, and the sweep publishes what it did not take', async (t) => {
      const log = t.mock.method(console, 'error', ignore)
      /** @type {string[]} */
      const taken = []
      /** @type {(key: string) => unknown} */
      let queue = () => {
        throw new Error('redis://user:hunter2@queue is away')
      }
      const { inbox } = await open({ publish: (key) => queue(key) })
      const receiver = new Receiver(new Verifier({ hmacSecret: SECRET }), { inbox })
      const statusOf = async (/** @type {string} */ id) => {
        const { body, headers: fields } = delivery('payment.purchase', { secret: SECRET, id, merchantReference: 'pr1vate' })
        return (await receiver.receive(body, fields)).status
      }
      assert.equal(await statusOf('q-1'), 200)
      queue = async () => Promise.reject(Object.assign(new TypeError('pr1vate'), { code: 'ECONNRESET' }))
      assert.equal(await statusOf('q-2'), 200)
      queue = never
      const started = performance.now()
      assert.equal(await statusOf('q-3'), 200)
      const waited = performance.now() - started
      assert(waited > 900 && waited < 3000, `${waited} ms`)
      // One that it does not take keeps no other from being published.
      queue = (key) => (key === event('q-1', { merchantReference: 'pr1vate' }).dedupeKey ? Promise.reject(new Error()) : taken.push(key))
      assert.equal(await inbox.sweep(), 0, 'nothing has been due for a minute')
      assert.equal(await inbox.sweep({ olderThan: 0 }), 2)
      queue = (key) => taken.push(key)
      assert.deepEqual([await inbox.sweep({ olderThan: 0, limit: 1 }), await inbox.sweep({ olderThan: 0 })], [1, 3])
      const keys = ['q-1', 'q-2', 'q-3'].map((id) => event(id, { merchantReference: 'pr1vate' }).dedupeKey)
      const [one, two, three] = keys
      assert.deepEqual(taken, [two, three, one, one, two, three])
      queue = never
      assert.equal(await inbox.sweep({ olderThan: 0 }), 0)
      const lines = linesOf(log).filter((line) => line.startsWith('yuno-webhooks:'))
      // Of a queue that hangs the sweep tries no second one.
      assert.equal(lines.length, 5, lines.join('\n'))
      assert.match(lines[0] ?? '', /y1-\w+ was not published, sweep\(\) will find it: Error$/)
      assert.match(lines[1] ?? '', /TypeError ECONNRESET$/)
      assert.match(lines[2] ?? '', /within 1 s/)
      assert(log.mock.calls.every((call) => !/pr1vate|hunter2/.test(inspect(call.arguments, { depth: 9 }))))
      await inbox.close()
    })

    test('a key has all of its resource’s lane worked on, the oldest news first', async () => {
      /** @type {any[]} */
      const outcomes = []
      const { inbox, published } = await open({ onOutcome: ({ result, seconds }) => outcomes.push([result, seconds >= 0]) })
      for (const number of [3, 1, 2]) {
        await inbox.accept(event('lane', { updatedAt: second(number) }))
      }
      await inbox.accept(event('other'))
      outcomes.length = 0
      /** @type {any[]} */
      const seen = []
      /** @type {Handlers<any>} */
      const handlers = new Handlers({
        fallback: async (one) => {
          seen.push([one.event.resource.id, one.event.resource.updatedAt?.getUTCSeconds(), one.superseded])
          // Whoever comes meanwhile has nothing to do.
          assert.equal(await inbox.work(one.key, handlers), 0)
          if (!(place instanceof RedisPlace)) {
            await one.transaction((/** @type {any} */ client) => place.effect(client, one.key))
          }
        },
      })
      assert.equal(await inbox.work(published[0] ?? '', handlers), 3)
      assert.deepEqual(seen, [
        ['lane', 1, true],
        ['lane', 2, true],
        ['lane', 3, false],
      ])
      assert.deepEqual(outcomes, Array(3).fill(['done', true]))
      assert.deepEqual([await inbox.work(published[1] ?? '', handlers), await inbox.work('y1-of-none', handlers)], [0, 0])
      assert.deepEqual([(await inbox.stats()).pending, await inbox.work(published[3] ?? '', handlers)], [1, 1])
      if (!(place instanceof RedisPlace)) {
        const effects = await place.query(`SELECT key FROM effects WHERE key IN (${published.map((key) => `'${key}'`)})`)
        assert.equal(effects.length, 4)
      }
      await inbox.close()
    })

    test('what has no resource waits for no other, and is worked on by itself', async () => {
      const { inbox, published } = await open()
      for (const at of [1, 2]) {
        await inbox.accept(Event.parseUnverified(Buffer.from(`{"type_event":"payment.purchase","payment":{"updated_at":"${second(at)}"}}`)))
      }
      /** @type {string[]} */
      const seen = []
      const handlers = new Handlers({ fallback: ({ key }) => seen.push(key) })
      assert.equal(await inbox.work(published[1] ?? '', handlers), 1)
      assert.deepEqual(seen, [published[1]])
      await inbox.close()
    })

    test('a handler that fails is the inbox’s business: the rest is done, and the sweep publishes it again', async (t) => {
      const log = t.mock.method(console, 'error', ignore)
      const { inbox, published } = await open()
      await inbox.accept(event('failing', { updatedAt: second(1) }))
      await inbox.accept(event('failing', { updatedAt: second(2) }))
      const key = published[0] ?? ''
      let isAway = true
      const fallback = (/** @type {any} */ own) => {
        if (isAway && own.key === key) {
          throw new Error('the bank is away')
        }
      }
      const backoff = new Backoff({ first: 0.4, most: 0.4, attempts: 2 })
      const handlers = new Handlers({ fallback })
      assert.equal(await inbox.work(key, handlers, { backoff }), 2)
      assert.match(linesOf(log)[0] ?? '', /attempt=1.*failed, again in 1 s.*the bank is away/s)
      const { state, errorText } = await inbox.find(key)
      assert.deepEqual([state, errorText, (await inbox.stats()).pending], ['pending', 'the bank is away', 1])
      published.length = 0
      await until(async () => (await inbox.sweep({ olderThan: 0 })) === 1)
      assert.deepEqual(published, [key])
      isAway = false
      assert.deepEqual([await inbox.work(key, handlers, { backoff }), (await inbox.find(key)).attempts], [1, 2])
      // The last attempt fails: dead, and not published any more.
      await inbox.replay(key)
      isAway = true
      assert.equal(await inbox.work(key, handlers, { backoff: new Backoff({ attempts: 1 }), onError: ignore }), 1)
      assert.deepEqual([(await inbox.find(key)).state, await inbox.sweep({ olderThan: 0 })], ['dead', 0])
      await inbox.close()
    })

    test('what a worker left that was killed is published again, until it had its last attempt', async () => {
      /** @type {string[]} */
      const results = []
      const { inbox, published } = await open({ onOutcome: ({ result }) => results.push(result) })
      await inbox.accept(event('left'))
      const [key = ''] = published
      for (const more of [1, 0]) {
        // As if it had been killed.
        assert.equal((await inbox.claim({ lease: 0.01, attempts: 2 })).length, 1)
        await until(async () => (await inbox.list({ state: 'processing' })).length === 1 && (await inbox.stats()).oldestPending !== null)
        assert.equal(await inbox.sweep({ olderThan: 0, attempts: 2 }), more)
      }
      assert.deepEqual(
        [published, results],
        [
          [key, key],
          ['accepted', 'dead'],
        ],
      )
      assert.equal((await inbox.find(key)).errorClass, 'LeaseExpired')
      await inbox.close()
    })

    test('a handler that lasts longer than its lease keeps it, and stop lets it come to its end', async () => {
      const { inbox, published } = await open()
      for (const number of [1, 2]) {
        await inbox.accept(event('long', { updatedAt: second(number) }))
      }
      const { promise: isBegun, resolve: begin } = withResolvers()
      const fallback = async () => {
        begin(undefined)
        await new Promise((resolve) => setTimeout(resolve, 900))
      }
      const working = inbox.work(published[0] ?? '', new Handlers({ fallback }), { lease: 0.3 })
      await isBegun
      await new Promise((resolve) => setTimeout(resolve, 500))
      assert.equal((await inbox.claim()).length, 0, 'its lease was extended')
      inbox.stop()
      assert.equal(await working, 1)
      const { pending, leased } = await inbox.stats()
      assert.deepEqual([pending, leased], [1, 0])
      await inbox.close()
    })

    test('deliveries are listed by their state and their kind', async () => {
      const { inbox, published } = await open()
      for (const [id, kind] of [
        ['l-1', 'payment.purchase'],
        ['l-2', 'payment.refund'],
        ['l-3', 'payment.purchase'],
      ]) {
        await inbox.accept(event(id ?? '', {}, kind))
      }
      const keys = async (/** @type {any} */ options) => (await inbox.list(options)).map(({ key }) => key)
      assert.deepEqual(await keys({ state: 'pending' }), published)
      assert.deepEqual(await keys({ state: 'pending', kind: 'payment.purchase', limit: 1 }), [published[0]])
      const [claimed] = await inbox.claim()
      assert.deepEqual(await keys({ state: 'processing' }), [claimed?.key])
      await claimed?.bury(new Error('never'))
      assert.deepEqual([await keys(undefined), (await inbox.dead())[0]?.errorText], [[claimed?.key], 'never'])
      await inbox.discard(claimed?.key ?? '')
      assert.deepEqual([await keys({ state: 'done' }), await keys({})], [[claimed?.key], []])
      await assert.rejects(inbox.list(any({ state: 'deaf' })), { code: 'INVALID_ARGUMENT', message: /"processing"/ })
      await assert.rejects(inbox.list({ kind: any('payment.purchse') }), /"payment\.purchase"\?/)
      await inbox.close()
    })

    test('arguments are checked, and a store that is away is said', async () => {
      const { inbox } = await open()
      const handlers = new Handlers({ fallback: ignore })
      const typeError = (/** @type {RegExp} */ message) => ({ code: 'INVALID_ARGUMENT', message })
      await assert.rejects(inbox.work(any(5), handlers), typeError(/key must be a string/))
      await assert.rejects(inbox.work('k', any({})), typeError(/work takes Handlers: inbox\.work\(key, new Handlers/))
      await assert.rejects(inbox.work('k', handlers, any({ workers: 2 })), typeError(/work has no option "workers"/))
      for (const options of [{ olderThan: -1 }, { limit: 0 }, { attempts: 0 }]) {
        await assert.rejects(inbox.sweep(options), typeError(/olderThan|limit|attempts/))
      }
      const { inbox: silent } = await open({ publish: undefined })
      await assert.rejects(silent.sweep(), typeError(/opened with publish/))
      await assert.rejects(open({ publish: any(5) }), typeError(/publish must be a function/))
      await Promise.all([inbox.close(), silent.close()])
      await assert.rejects(inbox.work('k', handlers), coded('STORE_UNAVAILABLE'))
      await assert.rejects(inbox.sweep(), coded('STORE_UNAVAILABLE'))
    })

    test('it is opened by its URL', async () => {
      const url = place instanceof PostgresPlace ? place.connectionString : place instanceof RedisPlace ? place.url : `sqlite:${place.file}`
      // In Redis each scope has a schema of its own.
      await (await openInbox(url, { scope: 'by url' })).close()
      for (const own of [url, url.replace('sqlite:', 'sqlite://').replace('postgresql:', 'postgres:')]) {
        const inbox = await openInbox(own, { scope: 'by url', migrate: false })
        await inbox.accept(event('by url'))
        assert.equal((await inbox.stats()).pending, 1)
        await inbox.close()
      }
    })
  })
}

test('a URL that is none is refused without being shown', async () => {
  const wrong = [
    '',
    'shop.db',
    'mysql://user:hunter2@host/x',
    'sqlite:',
    'postgres:',
    'constructor:hunter2',
    'sqlite://hunter2/shop.db',
    'valkey://:hunter2@host',
  ]
  await assert.rejects(openInbox(any(undefined)), /is YUNO_INBOX_URL set\?.*sqlite:shop\.db/)
  for (const url of [...wrong, any(undefined), any(5)]) {
    await assert.rejects(openInbox(url), (/** @type {any} */ error) => {
      assert.equal(error.code, 'INVALID_ARGUMENT')
      assert.match(error.message, /sqlite:shop\.db/)
      return !inspect(error, { depth: 9 }).includes('hunter2')
    })
  }
  for (const url of [
    'redis://user:hunter2@[::1/0',
    'redis+cluster://user:%zzhunter2@host',
    'redis:hunter2',
    'redis://127.0.0.1/hunter2',
    'redis+cluster://127.0.0.1/1?hunter2',
    'redis://127.0.0.1/1?durability=hunter2',
    'redis://127.0.0.1?family=6&hunter2=1',
    'postgres://user:hunter2@[::1/x',
  ]) {
    await assert.rejects(openInbox(url), (/** @type {any} */ error) => {
      assert.match(error.message, /encoded by per cent/)
      return error.code === 'INVALID_ARGUMENT' && !inspect(error, { depth: 9 }).includes('hunter2')
    })
  }
  await assert.rejects(openInbox('sqlite::memory:'), /needs the path of a file/)
  await assert.rejects(openInbox('postgres://user:hunter2@127.0.0.1:1/none'), (/** @type {any} */ error) => {
    assert.equal(error.code, 'STORE_UNAVAILABLE')
    return !inspect(error, { depth: 9 }).includes('hunter2')
  })
  const [make] = stores.values()
  const place = /** @type {import('./inbox/places.mjs').SqlitePlace} */ (await make?.())
  const inbox = await openInbox(`sqlite:${place.file}`, { scope: 'a' })
  assert.equal(inbox.scope, 'a')
  await inbox.close()
})

function withResolvers() {
  /** @type {(value?: unknown) => void} */
  let resolve = ignore
  const promise = new Promise((own) => {
    resolve = own
  })
  return { promise, resolve }
}
