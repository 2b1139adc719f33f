// Hand-off to BullMQ: its consumers and its Redis are killed, and it does not take every key; all is done, and exactly once.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Queue } from 'bullmq'
import { Event } from 'yuno-webhooks'
import { sample } from 'yuno-webhooks/testing'
import { Process, until } from '../inbox/processes.mjs'
import { RedisServer } from '../inbox/redis.mjs'
import { stores } from '../inbox/stores.mjs'

const CONSUMER = fileURLToPath(new URL('consumer.mjs', import.meta.url))
const KILLS = Number(process.env.YUNO_KILLS ?? 15)

const redis = await RedisServer.start()
if (redis === null && (process.env.YUNO_NO_SKIP !== undefined || process.env.CI === 'true')) {
  throw new Error('redis-server is not on this machine: the hand-off to a queue is not tested')
}
after(() => redis?.remove())

for (const [name, make] of redis === null ? [] : stores) {
  test(`${name}: ${KILLS} consumers that are killed do everything that was accepted exactly once`, async (t) => {
    t.mock.method(console, 'error', () => {}) // what was not published is said
    const place = await make()
    await place.makeTable()
    const queueName = `deliveries-${name.replaceAll(/\W/g, '-')}`
    const queue = new Queue(queueName, {
      connection: { host: '127.0.0.1', port: redis.port, maxRetriesPerRequest: 1, enableOfflineQueue: false },
    })
    queue.on('error', () => {})
    await queue.waitUntilReady()
    const told = { published: 0, refused: 0, swept: 0 }
    const publish = async (key) => {
      if (Math.random() < 0.2) {
        told.refused += 1
        throw new Error('the queue is away')
      }
      // One job for each delivery that waits; what has ended is forgotten, so that the sweep can publish the key again.
      await queue.add('delivery', { key }, { jobId: key, removeOnComplete: true, removeOnFail: true })
      told.published += 1
    }
    const inbox = await place.open({ publish })
    // The merchant's scheduler.
    const isOver = new AbortController()
    const sweeps = (async () => {
      while (!isOver.signal.aborted) {
        told.swept += await inbox.sweep({ olderThan: 0.3 })
        await setTimeout(200)
      }
    })()

    const keys = new Set()
    // Of each payment two kinds of news, so that lanes have something to order.
    const acceptSome = async () => {
      for (let number = 0; number < 40; number += 1) {
        const kind = number % 2 === 0 ? 'payment.purchase' : 'payment.refund'
        keys.add((await inbox.accept(Event.parseUnverified(sample(kind, { id: `k-${Math.floor(keys.size / 2)}` })))).key)
      }
    }
    const start = () => new Process(queueName, place, `${redis.port}`, CONSUMER)
    let consumers = [start(), start()]
    for (let kills = 0; kills < KILLS; kills += 1) {
      const [next, other] = consumers
      await until(() => next.said('ready'))
      await acceptSome()
      await setTimeout(Math.random() * 150)
      await next.end('SIGKILL')
      consumers = [other, start()]
      if (kills === Math.floor(KILLS / 2)) {
        await redis.down('SIGKILL')
        await acceptSome()
        await redis.up()
      }
    }
    await until(async () => {
      const { pending, leased } = await inbox.stats()
      return pending + leased === 0
    }, 60_000)
    for (const consumer of consumers) {
      await until(() => consumer.said('ready'))
      assert.equal(await consumer.end('SIGTERM'), 0, consumer.errors)
    }
    isOver.abort()
    await sweeps
    const effects = (await place.query('SELECT key FROM effects')).map(({ key }) => key)
    assert.deepEqual([effects.length, new Set(effects).size], [keys.size, keys.size])
    const { dead, duplicates } = await inbox.stats()
    assert.deepEqual([dead, duplicates], [0, 0])
    assert(told.refused > 0 && told.swept > 0)
    t.diagnostic(`${effects.length} effects; ${told.published} published, of these ${told.swept} by the sweep; ${told.refused} refused`)
    await inbox.close()
    await queue.close()
  })
}

test('the queue of the README does the work', { skip: redis === null }, async () => {
  const text = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const folder = mkdtempSync(fileURLToPath(new URL('.readme-', import.meta.url)))
  after(() => rmSync(folder, { recursive: true, force: true }))
  for (const [, snippet = '', name = ''] of text.matchAll(/^```js\n(\/\/ (queue(?:-worker)?\.mjs),.*?)^```/gms)) {
    writeFileSync(join(folder, name), snippet)
  }
  writeFileSync(
    join(folder, 'handlers.mjs'),
    `import { Handlers } from 'yuno-webhooks/inbox'
export const handlers = new Handlers({ fallback: ({ kind }) => console.log('worked on', kind) })`,
  )
  writeFileSync(
    join(folder, 'shop.mjs'),
    `import { Event } from 'yuno-webhooks'
import { sample } from 'yuno-webhooks/testing'
import { inbox } from './queue.mjs'
import { worker } from './queue-worker.mjs'
await inbox.accept(Event.parseUnverified(sample('payment.refund')))
while ((await inbox.list({ state: 'done' })).length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
await worker.close()
await inbox.close()
process.exit()`,
  )
  const env = { ...process.env, YUNO_INBOX_URL: `sqlite:${join(folder, 'shop.db')}`, REDIS_PORT: `${redis?.port}` }
  const { stdout } = await promisify(execFile)(process.execPath, ['shop.mjs'], { cwd: folder, env, timeout: 60_000 })
  assert.equal(stdout, 'worked on payment.refund\n')
})
