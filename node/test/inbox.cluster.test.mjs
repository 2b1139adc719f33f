// The inbox on a cluster of Redis: its partitions are on several nodes, of which one may be lost.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { inspect } from 'node:util'
import { Cluster } from 'ioredis'
import { Event } from 'yuno-webhooks'
import { Handlers, openInbox, RedisInbox } from 'yuno-webhooks/inbox'
import { sample } from 'yuno-webhooks/testing'
import { until } from './inbox/processes.mjs'
import { RedisCluster } from './inbox/redis-cluster.mjs'
import { redis } from './inbox/stores.mjs'

const skip = redis === null
const cluster = skip ? /** @type {any} */ (null) : await RedisCluster.start()
after(() => cluster?.remove())

/** @param {string} id */
const event = (id) => Event.parseUnverified(sample('payment.purchase', { id, merchantReference: 'pr1vate' }))
const ids = Array.from({ length: 120 }, (_, number) => `c-${number}`)

test('a node of a cluster is not taken for all of it', { skip }, async () => {
  await assert.rejects(openInbox(cluster.url.replace('+cluster', '')), { code: 'INVALID_ARGUMENT', message: /redis\+cluster:\/\// })
})

test('partitions are on several nodes, and everything is found', { skip }, async (t) => {
  const client = new Cluster([{ host: '127.0.0.1', port: cluster.servers[0].port }])
  t.after(() => client.disconnect())
  for (const [scope, options] of /** @type {const} */ ([
    ['own', { url: cluster.url }],
    ['given', { client }],
  ])) {
    const inbox = await RedisInbox.open({ ...options, scope, partitions: 8 })
    for (const id of ids) {
      assert.equal((await inbox.accept(event(id))).outcome, 'accepted')
      assert.equal((await inbox.accept(event(id))).outcome, 'duplicate')
    }
    const { pending, duplicates } = await inbox.stats()
    assert.deepEqual([pending, duplicates], [120, 120])
    assert.equal((await inbox.list({ state: 'pending', limit: 200 })).length, 120)
    const running = inbox.run(new Handlers({ fallback: () => {} }), { workers: 4, poll: 60, signals: false })
    await until(async () => (await inbox.list({ state: 'done', limit: 200 })).length === 120)
    // Another process is told of what comes, also over several nodes.
    const other = await RedisInbox.open({ url: cluster.url, scope })
    const { key } = await other.accept(event('later'))
    await until(async () => (await inbox.find(key)).state === 'done', 5000)
    await Promise.all([inbox.close(), other.close()])
    await running
  }
  const sizes = await Promise.all([0, 1, 2].map((number) => cluster.ask(number, 'DBSIZE')))
  assert(
    sizes.every((size) => Number(size) > 20),
    `${sizes}`,
  )
})

test('where one node is lost, what is on the others is accepted and worked on', { skip }, async (t) => {
  t.mock.method(console, 'error', () => {})
  t.mock.method(console, 'warn', () => {})
  const inbox = await RedisInbox.open({ url: cluster.url, scope: 'lost', partitions: 8 })
  for (const id of ids) {
    await inbox.accept(event(id))
  }
  await cluster.servers[2].down('SIGKILL')
  /** @type {{ id: string, seconds: number, error: any }[]} */
  const answers = []
  for (const id of ids.slice(0, 30)) {
    const started = performance.now()
    const error = await inbox.accept(event(`${id}-more`)).then(
      () => null,
      (thrown) => thrown,
    )
    answers.push({ id: `${id}-more`, seconds: (performance.now() - started) / 1000, error })
  }
  const refused = answers.filter(({ error }) => error !== null)
  assert(refused.length > 0 && refused.length < answers.length, `${refused.length}`)
  assert(
    refused.every(({ error }) => error.code === 'STORE_UNAVAILABLE' && !inspect(error, { depth: 9, showHidden: true }).includes('pr1vate')),
  )
  assert(
    answers.every(({ seconds }) => seconds < 6),
    inspect(answers.map(({ seconds }) => seconds)),
  )
  let worked = 0
  const fallback = () => {
    worked += 1
  }
  const running = inbox.run(new Handlers({ fallback }), { workers: 4, poll: 0.1, signals: false })
  await until(() => worked > 40, 30_000)
  await cluster.servers[2].up()
  for (const { id } of refused) {
    await until(async () => (await inbox.accept(event(id)).catch(() => null)) !== null, 30_000)
  }
  await until(async () => {
    const stats = await inbox.stats().catch(() => null)
    return stats !== null && stats.pending + stats.leased === 0
  }, 30_000)
  assert.equal(new Set((await inbox.list({ state: 'done', limit: 1000 })).map(({ key }) => key)).size, 150)
  await inbox.close()
  await running
})
