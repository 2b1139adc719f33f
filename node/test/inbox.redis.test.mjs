// What is of Redis alone: what a server must be set to, partitions, what is refused, and what happens when it is away, hangs, is full or killed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { inspect } from 'node:util'
import { Redis } from 'ioredis'
import { Event, InboxError, Receiver, Verifier } from 'yuno-webhooks'
import { Handlers, openInbox, RedisInbox } from 'yuno-webhooks/inbox'
import { delivery, sample } from 'yuno-webhooks/testing'
import { RedisPlace } from './inbox/places.mjs'
import { Process, until } from './inbox/processes.mjs'
import { RedisServer } from './inbox/redis.mjs'
import { anywhere, redis as usual } from './inbox/stores.mjs'

const SECRET = 'a-test-secret'
const KILLS = Number(process.env.YUNO_KILLS ?? 15)
const skip = usual === null

/** Wrong on purpose. @param {unknown} value @returns {any} */
const any = (value) => value
const ignore = () => {}
/** @param {string} id @param {Record<string, unknown>} [more] */
const event = (id, more = {}) => Event.parseUnverified(sample('payment.purchase', { id, merchantReference: 'pr1vate', ...more }))
/** @param {string} code */
const coded = (code) => (/** @type {unknown} */ error) => error instanceof InboxError && error.code === code
const place = async () => /** @type {RedisPlace} */ (await anywhere.get('Redis')?.())
/** A server for one test. @param {import('node:test').TestContext} t @param {Record<string, string>} [settings] */
async function serve(t, settings) {
  const server = /** @type {RedisServer} */ (await RedisServer.start(settings))
  t.after(() => server.remove())
  return server
}

/** A receiver, and how it answers. @param {import('./inbox/places.mjs').Inbox} inbox */
function door(inbox) {
  /** @type {unknown[]} */
  const errors = []
  const receiver = new Receiver(new Verifier({ hmacSecret: SECRET }), { inbox, onError: (error) => errors.push(error) })
  const send = async (/** @type {string} */ id, /** @type {any} */ more = {}) => {
    const { body, headers } = delivery('payment.purchase', { secret: SECRET, id, merchantReference: 'pr1vate', ...more })
    const started = performance.now()
    const { status } = await receiver.receive(body, headers)
    return { status, seconds: (performance.now() - started) / 1000 }
  }
  return { send, errors }
}

test('a server that could lose what it acknowledged is refused', { skip }, async (t) => {
  const server = await serve(t, { appendonly: 'no' })
  const client = new Redis(server.url)
  t.after(() => client.disconnect())
  await assert.rejects(openInbox(server.url), coded('STORE_UNSAFE'))
  await client.config('SET', 'appendonly', 'yes', 'appendfsync', 'everysec')
  // The first file is begun; a restart would not find it yet.
  await until(async () => /aof_rewrite_in_progress:0/.test(await client.info('persistence')))
  await assert.rejects(openInbox(server.url), coded('STORE_UNSAFE'))
  for (const durability of /** @type {const} */ (['everysec', 'unchecked'])) {
    await (await RedisInbox.open({ url: server.url, durability })).close()
  }
  await client.config('SET', 'appendfsync', 'always', 'no-appendfsync-on-rewrite', 'yes')
  await assert.rejects(openInbox(server.url), coded('STORE_UNSAFE'))
  await client.config('SET', 'no-appendfsync-on-rewrite', 'no')
  await (await openInbox(server.url)).close()
  await client.config('SET', 'maxmemory-policy', 'allkeys-lru')
  for (const durability of /** @type {const} */ (['always', 'unchecked'])) {
    await assert.rejects(RedisInbox.open({ client, durability }), coded('STORE_UNSAFE'))
  }
  await client.config('SET', 'maxmemory-policy', 'noeviction')
  // One that does not say how it is set.
  await client.call('ACL', 'SETUSER', 'shop', 'on', '>pa55w0rd', '~*', '+@all', '-config')
  const url = server.url.replace('//', '//shop:pa55w0rd@')
  await assert.rejects(openInbox(url), coded('STORE_UNSAFE'))
  await (await RedisInbox.open({ url, durability: 'everysec' })).close()
  await assert.rejects(openInbox(url.replace('pa55w0rd', 'wr0ng')), (/** @type {any} */ error) => {
    return error.code === 'STORE_UNAVAILABLE' && !inspect(error, { depth: 9, showHidden: true }).includes('wr0ng')
  })
})

test('it is opened with what can be right', { skip }, async () => {
  const { url } = await place()
  const typeError = (/** @type {RegExp} */ message) => ({ code: 'INVALID_ARGUMENT', message })
  await assert.rejects(RedisInbox.open(any({})), typeError(/one of two/))
  await assert.rejects(RedisInbox.open({ client: any({}) }), typeError(/client must be a Redis or a Cluster/))
  await assert.rejects(RedisInbox.open({ url: any(5) }), typeError(/needs an address/))
  for (const wrong of [
    { durability: 'no' },
    { replicas: -1 },
    { partitions: 0 },
    { scope: 5 },
    { scope: '' },
    { migrate: 1 },
    { partition: 1 },
  ]) {
    await assert.rejects(RedisInbox.open(any({ url, ...wrong })), typeError(/durability|replicas|partitions|scope|migrate/))
  }
  await assert.rejects(RedisInbox.open({ url, partitions: 1025 }), { code: 'INVALID_LIMIT' })
  await assert.rejects(RedisInbox.open({ url, migrate: false }), coded('SCHEMA_MISMATCH'))
  const several = await Promise.all(
    [8, 8, undefined].map((partitions) => RedisInbox.open({ url, ...(partitions && { partitions }) }).catch((error) => error)),
  )
  await Promise.all(several.map((inbox) => (inbox instanceof RedisInbox ? inbox.close() : assert(coded('SCHEMA_MISMATCH')(inbox)))))
  const other = await place()
  await (await RedisInbox.open({ url: other.url, partitions: 4 })).close()
  await assert.rejects(RedisInbox.open({ url: other.url, partitions: 8 }), coded('SCHEMA_MISMATCH'))
  await (await RedisInbox.open({ url: other.url, migrate: false })).close()
})

test('partitions share the work, and nothing is lost between them', { skip }, async () => {
  const { url } = await place()
  const inbox = await RedisInbox.open({ url, partitions: 8 })
  const ids = Array.from({ length: 200 }, (_, number) => `p-${number}`)
  const accepted = await Promise.all(ids.map((id) => inbox.accept(event(id))))
  assert(accepted.every(({ outcome }) => outcome === 'accepted'))
  assert.deepEqual(
    new Set((await Promise.all(ids.map((id) => inbox.accept(event(id))))).map(({ outcome }) => outcome)),
    new Set(['duplicate']),
  )
  const { oldestPending, ...counts } = await inbox.stats()
  assert(oldestPending !== null && oldestPending >= 0)
  assert.deepEqual(counts, { pending: 200, waiting: 0, leased: 0, dead: 0, duplicates: 200 })
  assert.deepEqual([(await inbox.list({ state: 'pending', limit: 150 })).length, (await inbox.claim({ limit: 30 })).length], [150, 30])
  const claimed = [...(await inbox.claim({ limit: 500 }))]
  assert.equal(claimed.length, 170)
  for (const one of claimed) {
    await one.complete()
    assert.equal((await inbox.find(one.key)).state, 'done')
    await assert.rejects(one.complete(), coded('STALE_FENCE'))
  }
  assert.equal((await inbox.list({ state: 'done', limit: 1000 })).length, 170)
  await assert.rejects(inbox.find('y1-none'), coded('NOT_FOUND'))
  assert.equal(await inbox.work('y1-none', new Handlers({ fallback: ignore })), 0)
  await inbox.close()
})

test('a transaction is refused in a way that says what to do instead', { skip }, async () => {
  const inbox = await (await place()).open()
  await inbox.accept(event('alone'))
  const [claimed] = await inbox.claim()
  assert(claimed !== undefined)
  const told = { code: 'INVALID_ARGUMENT', message: /Redis has no transaction.*delivery\.key.*PostgresInbox/ }
  await assert.rejects(
    claimed.transaction(() => assert.fail('it is not called')),
    told,
  )
  await assert.rejects(claimed.complete({}), told)
  assert.equal((await inbox.find(claimed.key)).state, 'processing')
  await claimed.complete()
  await inbox.close()
})

test('what another process accepts is worked on at once, without waiting for the poll', { skip }, async () => {
  for (const partitions of [1, 8]) {
    const { url } = await place()
    const [door, inbox] = [await RedisInbox.open({ url, partitions }), await RedisInbox.open({ url, partitions })]
    let worked = 0
    const fallback = () => {
      worked += 1
    }
    const running = inbox.run(new Handlers({ fallback }), { poll: 60, signals: false })
    await setTimeout(300)
    for (const id of ['w-1', 'w-2', 'w-3']) {
      const before = worked
      await door.accept(event(id))
      await until(() => worked > before, 5000)
    }
    await inbox.close()
    await running
    await door.close()
  }
})

test('a client of the merchant’s is used, and stays open', { skip }, async (t) => {
  const { url } = await place()
  const client = new Redis(url, { keyPrefix: 'shop:', enableAutoPipelining: true })
  t.after(() => client.disconnect())
  const inbox = await RedisInbox.open({ client })
  await inbox.accept(event('own'))
  const [claimed] = await inbox.claim()
  assert.equal(claimed?.event.resource.merchantReference, 'pr1vate')
  await claimed?.complete()
  await inbox.close()
  assert.equal(await client.ping(), 'PONG')
})

test('while the server is away deliveries are asked for again, and workers go on when it is back', { skip }, async (t) => {
  const logs = [t.mock.method(console, 'error', ignore), t.mock.method(console, 'warn', ignore)]
  const server = await serve(t)
  const inbox = await openInbox(server.url)
  const { send, errors } = door(inbox)
  /** @type {string[]} */
  const worked = []
  const running = inbox.run(new Handlers({ fallback: (own) => worked.push(own.event.resource.id ?? '') }), {
    signals: false,
    lease: 1,
    poll: 0.1,
  })
  assert.equal((await send('before')).status, 200)
  await until(() => worked.length === 1)
  await server.down('SIGKILL')
  const { status, seconds } = await send('away')
  assert(status === 503 && seconds < 6, `${status} after ${seconds} s`)
  await server.up()
  await until(async () => (await send('away')).status === 200)
  // It did not hold up, nor end by it.
  server.hold(true)
  const held = await send('held')
  assert(held.status === 503 && held.seconds > 4.9 && held.seconds < 6, `${held.status} after ${held.seconds} s`)
  server.hold(false)
  await until(async () => (await send('held')).status === 200)
  await until(async () => {
    const { pending, leased } = await inbox.stats()
    return pending + leased === 0
  }, 60_000)
  assert.deepEqual([...new Set(worked)].sort(), ['away', 'before', 'held'])
  await inbox.close()
  await running
  const lines = [...errors, ...logs.flatMap((log) => log.mock.calls.map((call) => call.arguments))].map((own) =>
    inspect(own, { depth: 9, showHidden: true }),
  )
  assert(lines.length > 2 && lines.every((line) => !line.includes('pr1vate')))
})

test('where memory is full nothing is accepted, and what is there can be worked on and purged', { skip }, async (t) => {
  const server = await serve(t)
  const client = new Redis(server.url)
  t.after(() => client.disconnect())
  const inbox = await openInbox(server.url)
  const { send, errors } = door(inbox)
  assert.equal((await send('first')).status, 200)
  await client.config('SET', 'maxmemory', '1')
  assert.equal((await send('full')).status, 503)
  assert(errors.every((error) => !inspect(error, { depth: 9, showHidden: true }).includes('pr1vate')))
  const [claimed] = await inbox.claim()
  await claimed?.complete()
  Object.assign(inbox, { [Symbol.for('yuno-webhooks.clock')]: () => Date.now() + 40 * 86_400_000 })
  assert.equal(await inbox.purge(), 1)
  Object.assign(inbox, { [Symbol.for('yuno-webhooks.clock')]: () => null })
  await client.config('SET', 'maxmemory', '0')
  assert.equal((await send('full')).status, 200)
  await inbox.close()
})

test('a delivery is acknowledged when as many replicas have it as are asked for', { skip }, async (t) => {
  const [primary, replica] = [await serve(t, { 'repl-diskless-sync-delay': '0' }), await serve(t)]
  const inbox = await RedisInbox.open({ url: primary.url, replicas: 1 })
  await assert.rejects(inbox.accept(event('r-1')), (/** @type {any} */ error) => {
    assert.match(error.cause.message, /0 of 1 replicas/)
    return error.code === 'STORE_UNAVAILABLE'
  })
  // It is stored, and a duplicate must wait for the replica as well.
  await assert.rejects(inbox.accept(event('r-1')), coded('STORE_UNAVAILABLE'))
  const client = new Redis(replica.url)
  t.after(() => client.disconnect())
  await client.replicaof('127.0.0.1', primary.port)
  await until(async () => /master_link_status:up/.test(await client.info('replication')))
  assert.equal((await inbox.accept(event('r-1'))).outcome, 'duplicate')
  assert.equal((await inbox.accept(event('r-2'))).outcome, 'accepted')
  await inbox.close()
})

test(`${KILLS} workers and a server that are killed leave nothing undone`, { skip }, async (t) => {
  const server = await serve(t)
  const own = new RedisPlace(server.url)
  const inbox = await own.open()
  const keys = new Set()
  const all = []
  let sent = 0
  const acceptSome = async () => {
    for (let number = 0; number < 40; number += 1) {
      sent += 1
      // What is not acknowledged comes again.
      await until(async () => {
        const accepted = await inbox.accept(event(`k-${sent}`)).catch(() => null)
        return accepted !== null && keys.add(accepted.key)
      })
    }
  }
  let workers = [new Process('work', any(own)), new Process('work', any(own))]
  all.push(...workers)
  for (let kills = 0; kills < KILLS; kills += 1) {
    const [next, other] = /** @type {[Process, Process]} */ (workers)
    await until(() => next.said('ready') && other.said('ready'))
    await acceptSome()
    await setTimeout(Math.random() * 100)
    if (kills % 3 === 1) {
      await server.down('SIGKILL')
      await server.up()
    }
    await next.end('SIGKILL')
    workers = [other, new Process('work', any(own))]
    all.push(...workers.slice(1))
  }
  await until(async () => {
    const { pending, leased } = await inbox.stats()
    return pending + leased === 0
  }, 60_000)
  for (const worker of workers) {
    await until(() => worker.said('ready'))
    assert.equal(await worker.end('SIGTERM'), 0, worker.errors)
  }
  const done = all.flatMap(({ lines }) => lines.filter((line) => line.startsWith('done ')).map((line) => line.slice(5)))
  // At least once: a worker can be killed between its work and the note that it is done.
  assert.deepEqual(new Set(done), keys)
  const { dead } = await inbox.stats()
  assert.equal(dead, 0)
  t.diagnostic(
    `${keys.size} deliveries, worked on ${done.length} times; ${KILLS} workers and ${Math.floor((KILLS + 1) / 3)} times the server were killed`,
  )
  await inbox.close()
})

test('what a killed receiver or server had acknowledged is there', { skip }, async (t) => {
  const server = await serve(t)
  const own = new RedisPlace(server.url)
  for (let kills = 0; kills < Math.ceil(KILLS / 3); kills += 1) {
    const receiver = new Process('store', any(own), `${kills}`)
    await until(() => receiver.lines.length > 20)
    await setTimeout(Math.random() * 50)
    await (kills % 2 === 0 ? server.down('SIGKILL') : receiver.end('SIGKILL'))
    if (kills % 2 === 0) {
      await server.up()
      await receiver.end('SIGKILL')
    }
    const inbox = await own.open()
    for (const key of receiver.lines) {
      assert.equal((await inbox.find(key)).state, 'pending')
    }
    await inbox.close()
  }
})
