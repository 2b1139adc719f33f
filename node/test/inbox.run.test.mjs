// Workers: what they do with handlers that succeed, fail, last or never end, and how they end themselves.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { format } from 'node:util'
import { Event } from 'yuno-webhooks'
import { Backoff, Handlers } from 'yuno-webhooks/inbox'
import { sample } from 'yuno-webhooks/testing'
import { Process, until } from './inbox/processes.mjs'
import { stores } from './inbox/stores.mjs'

/** @typedef {import('yuno-webhooks/inbox').RunOptions} RunOptions */
/** @typedef {import('yuno-webhooks/inbox').DeliveryHandler<any, any>} Handler */

/** @param {string} id @param {Parameters<typeof sample>[0]} [kind] */
const event = (id, kind = 'payment.purchase') => Event.parseUnverified(sample(kind, { id }))
const ignore = () => {}
const never = () => new Promise(() => {})
/** What was written. @param {{ mock: { calls: readonly { arguments: any[] }[] } }} log */
const linesOf = (log) => log.mock.calls.map(({ arguments: words }) => format(...words))

for (const [name, make] of stores) {
  describe(name, async () => {
    const place = await make()
    await place.makeTable()
    let scopes = 0

    /** Runs workers until something is so, and gives what became of the deliveries. @param {{ handler: Handler, ids: string[], so: (inbox: any, results: string[]) => unknown, options?: RunOptions }} work */
    async function work({ handler, ids, so, options }) {
      scopes += 1
      /** @type {string[]} */
      const results = []
      const inbox = await place.open({ scope: `scope ${scopes}`, onOutcome: ({ result }) => results.push(result) })
      for (const id of ids) {
        await inbox.accept(event(id))
      }
      results.length = 0
      const running = inbox.run(new Handlers({ fallback: handler }), { poll: 0.02, signals: false, grace: 5, ...options })
      await until(() => so(inbox, results))
      inbox.stop()
      await running
      return { inbox, results }
    }

    test('each kind goes to its handler, and every other one to the fallback', async () => {
      const inbox = await place.open({ scope: 'kinds' })
      /** @type {string[]} */
      const seen = []
      const handlers = new Handlers({ fallback: ({ kind }) => seen.push(`other ${kind}`) })
        .on('payment.purchase', async (delivery) => seen.push(`bought ${delivery.event.resource.id}`))
        .on(['payment.refund', 'payment.capture'], ({ event: { kind }, key }) => seen.push(`moved ${kind} ${key.slice(0, 3)}`))
      await inbox.accept(event('a'))
      await inbox.accept(event('b', 'payment.refund'))
      await inbox.accept(event('c', 'payout.payout'))
      const running = inbox.run(handlers, { signals: false })
      await until(() => seen.length === 3)
      await inbox.close()
      await running
      assert.deepEqual(seen, ['bought a', 'moved payment.refund y1-', 'other payout.payout'])
    })

    test('a handler that fails is called again, and its delivery is dead after the last attempt', async (t) => {
      const log = t.mock.method(console, 'error', ignore)
      /** @type {number[]} */
      const attempts = []
      class Away extends Error {}
      const handler = (/** @type {any} */ { attempt }) => {
        attempts.push(attempt)
        throw Object.assign(new Away('the bank is away'), { detail: 'pr1vate' })
      }
      const backoff = new Backoff({ first: 0.02, most: 0.04, attempts: 3 })
      const { inbox, results } = await work({ handler, ids: ['failing'], so: (_, all) => all.includes('dead'), options: { backoff } })
      assert.deepEqual(
        [attempts, results],
        [
          [1, 2, 3],
          ['failed', 'failed', 'dead'],
        ],
      )
      const { state, errorClass, errorText } = await inbox.find(event('failing').dedupeKey)
      assert.deepEqual([state, errorClass, errorText], ['dead', 'Away', 'the bank is away'])
      const lines = linesOf(log)
      assert.match(lines[0] ?? '', /payment\.purchase.*attempt=1.*failed.*again in 1 s.*the bank is away/s)
      const command = 'npx --no-install yuno-webhooks inbox'
      const key = event('failing').dedupeKey
      const farewell = `it was the last attempt: it is dead. \`${command} show ${key}\`, mend it, then \`${command} replay ${key}\`: `
      assert(lines[2]?.includes(farewell), lines[2])
      assert(lines.length === 3 && lines.every((line) => !line.includes('pr1vate')))
      await inbox.close()
    })

    test('work that was only made counts as failed, and onError is told', async () => {
      /** @type {any[]} */
      const told = []
      const onError = (/** @type {any} */ error, /** @type {any} */ { attempt }) => {
        told.push([error.code ?? error.message, attempt])
        throw new Error('the log is away')
      }
      const backoff = new Backoff({ first: 0.01, most: 0.01, attempts: 1 })
      const handler = () => () => {}
      const { inbox } = await work({ handler, ids: ['made'], so: (_, all) => all.includes('dead'), options: { backoff, onError } })
      assert.deepEqual(told, [['INVALID_ARGUMENT', 1]])
      await inbox.close()
    })

    test('a handler may give the result itself', async (t) => {
      const log = t.mock.method(console, 'error', ignore)
      const handler = async (/** @type {any} */ delivery) => {
        const id = delivery.event.resource.id
        if (id === 'completed') {
          await delivery.complete()
          throw new Error('too late')
        }
        await (id === 'buried'
          ? delivery.bury(new Error('never'))
          : delivery.transaction((/** @type {any} */ client) => place.effect(client, delivery.key)))
      }
      const ids = ['completed', 'buried', 'written']
      const { inbox, results } = await work({ handler, ids, so: (_, all) => all.length === 3 })
      assert.deepEqual(results, ['done', 'dead', 'done'])
      assert.match(linesOf(log)[0] ?? '', /which stands.*too late/s)
      await inbox.close()
    })

    test('a body that is no event is buried again when it is replayed', async () => {
      const body = Buffer.from('[1]')
      let refused
      try {
        Event.parseUnverified(body)
      } catch (error) {
        refused = /** @type {any} */ (error)
      }
      const inbox = await place.open({ scope: 'unreadable' })
      const stored = await inbox.acceptUnreadable(body, refused)
      const key = stored?.key ?? ''
      const why = async () => {
        const { errorClass, errorText } = await inbox.find(key)
        return [errorClass, errorText]
      }
      const before = await why()
      assert.equal(before[0], 'BODY_NOT_OBJECT')
      await inbox.replay(key)
      const running = inbox.run(new Handlers({ fallback: () => assert.fail('it is no event') }), { signals: false })
      await until(async () => (await inbox.find(key)).state === 'dead')
      const again = await why()
      await inbox.close()
      await running
      assert.deepEqual(again, before)
    })

    test('several workers work at once, but never on one resource', async () => {
      let [now, most, on] = [0, 0, 0]
      const handler = async (/** @type {any} */ { resource }) => {
        const isOne = resource === 'payment/same'
        now += 1
        on += isOne ? 1 : 0
        most = Math.max(most, now)
        assert(on <= 1)
        await setTimeout(40)
        now -= 1
        on -= isOne ? 1 : 0
      }
      const inbox = await place.open({ scope: 'lanes' })
      for (const kind of /** @type {const} */ (['payment.purchase', 'payment.refund', 'payment.capture'])) {
        await inbox.accept(event('same', kind))
      }
      for (const id of ['l1', 'l2', 'l3', 'l4']) {
        await inbox.accept(event(id))
      }
      const running = inbox.run(new Handlers({ fallback: handler }), { workers: 4, poll: 0.02, signals: false })
      await until(async () => (await inbox.stats()).pending === 0 && now === 0)
      await inbox.close()
      await running
      assert(most > 1 && most <= 4, `${most}`)
    })

    test('a handler that lasts longer than its lease keeps it', async () => {
      let calls = 0
      const handler = async () => {
        calls += 1
        await setTimeout(1200)
      }
      const { inbox, results } = await work({ handler, ids: ['long'], so: (_, all) => all.length > 0, options: { lease: 0.3, workers: 2 } })
      assert.deepEqual([calls, results], [1, ['done']])
      await inbox.close()
    })

    test('a result under a lease that was lost is dropped, and said', async (t) => {
      const log = t.mock.method(console, 'warn', ignore)
      let calls = 0
      const handler = async (/** @type {any} */ delivery) => {
        calls += 1
        if (calls === 1) {
          // As if another worker had it.
          await place.query(`UPDATE yuno_inbox SET fence = fence + 1 WHERE dedupe_key = '${delivery.key}'`)
          await setTimeout(250)
          await delivery.transaction((/** @type {any} */ client) => place.effect(client, 'stale'))
        }
      }
      const so = (/** @type {any} */ _, /** @type {string[]} */ all) => all.includes('done')
      const { inbox, results } = await work({ handler, ids: ['lost'], so, options: { lease: 0.3 } })
      assert.deepEqual([results, calls], [['stale', 'done'], 2])
      assert.equal((await place.query("SELECT key FROM effects WHERE key = 'stale'")).length, 0)
      const [beat = '', result = '', ...others] = linesOf(log)
      assert.match(beat, /Delivery.* could not be extended.*STALE_FENCE/)
      assert.match(result, /was not stored.*another worker has it.*STALE_FENCE/)
      assert.deepEqual(others, [])
      await inbox.close()
    })

    test('what is accepted is worked on at once, without waiting for the poll', async () => {
      const inbox = await place.open({ scope: 'wake' })
      // Of another process, where the store can tell.
      const door = name === 'PostgreSQL' ? await place.open({ scope: 'wake' }) : inbox
      /** @type {(value?: unknown) => void} */
      let worked = ignore
      const running = inbox.run(new Handlers({ fallback: () => worked() }), { poll: 60, signals: false })
      await setTimeout(300)
      for (const id of ['w1', 'w2', 'w3']) {
        const started = performance.now()
        const work = new Promise((resolve) => {
          worked = resolve
        })
        await door.accept(event(id))
        await work
        assert(performance.now() - started < 5000)
      }
      await inbox.close()
      await running
      // Once more changes nothing.
      await door.close()
    })

    test('it ends by its signal, waits for what runs, and leaves what does not end', async (t) => {
      const log = t.mock.method(console, 'warn', ignore)
      const inbox = await place.open({ scope: 'end' })
      const over = new AbortController()
      over.abort()
      await inbox.run(new Handlers({ fallback: never }), { signal: over.signal })
      await inbox.accept(event('e1'))
      const ending = new AbortController()
      let isDone = false
      const waiting = inbox.run(
        new Handlers({
          fallback: async () => {
            ending.abort()
            await setTimeout(200)
            isDone = true
          },
        }),
        { signal: ending.signal },
      )
      await waiting
      assert(isDone && (await inbox.find(event('e1').dedupeKey)).state === 'done')
      await inbox.accept(event('e2'))
      const started = performance.now()
      let hasBegun = false
      const running = inbox.run(
        new Handlers({
          fallback: () => {
            hasBegun = true
            return never()
          },
        }),
        { grace: 0.1, signals: false },
      )
      await until(() => hasBegun)
      inbox.stop()
      await running
      assert(performance.now() - started < 3000)
      assert.match(linesOf(log)[0] ?? '', /still ran at the end/)
      assert.equal((await inbox.find(event('e2').dedupeKey)).state, 'processing')
      assert.equal(process.listenerCount('SIGTERM') + process.listenerCount('SIGINT'), 0)
      await inbox.close()
    })

    for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT'])) {
      test(`${signal} lets what runs come to its end`, async () => {
        const own = await make()
        await own.makeTable()
        const inbox = await own.open()
        for (const id of ['s1', 's2', 's3', 's4', 's5', 's6']) {
          await inbox.accept(event(id))
        }
        const worker = new Process('slow', own, '300')
        await until(() => worker.lines.filter((line) => line.startsWith('begun')).length === 4)
        assert.equal(await worker.end(signal), 0, worker.errors)
        assert(worker.said('ended'))
        const { pending, leased } = await inbox.stats()
        const effects = await own.query('SELECT key FROM effects')
        assert.deepEqual([pending, leased, effects.length], [2, 0, 4], worker.errors)
        await inbox.close()
      })
    }
  })
}
