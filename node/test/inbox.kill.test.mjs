// Processes that are killed at any moment lose nothing and do nothing twice. YUNO_KILLS sets how often; 15 times a store unless it does.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { Event } from 'yuno-webhooks'
import { sample } from 'yuno-webhooks/testing'
import { Process, until } from './inbox/processes.mjs'
import { stores } from './inbox/stores.mjs'

const KILLS = Number(process.env.YUNO_KILLS ?? 15)

for (const [name, make] of stores) {
  describe(name, () => {
    test(`${KILLS} workers that are killed do everything exactly once`, async (t) => {
      const place = await make()
      await place.makeTable()
      const inbox = await place.open()
      const keys = new Set()
      const killed = { idle: 0, busy: 0 }
      const acceptSome = async () => {
        for (let number = 0; number < 40; number += 1) {
          keys.add((await inbox.accept(Event.parseUnverified(sample('payment.purchase', { id: `k-${keys.size}` })))).key)
        }
      }
      let workers = [new Process('work', place), new Process('work', place)]
      for (let kills = 0; kills < KILLS; kills += 1) {
        const [next, other] = /** @type {[Process, Process]} */ (workers)
        await until(() => next.said('ready'))
        await acceptSome()
        await setTimeout(Math.random() * 150)
        killed[(await inbox.stats()).leased > 0 ? 'busy' : 'idle'] += 1
        await next.end('SIGKILL')
        workers = [other, new Process('work', place)]
      }
      await until(async () => {
        const { pending, leased } = await inbox.stats()
        return pending + leased === 0
      }, 120_000)
      for (const worker of workers) {
        await until(() => worker.said('ready'))
        assert.equal(await worker.end('SIGTERM'), 0, worker.errors)
      }
      const effects = (await place.query('SELECT key FROM effects')).map(({ key }) => key)
      assert.deepEqual([effects.length, new Set(effects).size], [keys.size, keys.size])
      const { dead, duplicates } = await inbox.stats()
      assert.deepEqual([dead, duplicates], [0, 0])
      t.diagnostic(`${effects.length} effects, ${killed.busy} of ${KILLS} kills while something was leased`)
      await inbox.close()
    })

    test('what a killed receiver had acknowledged is there', async () => {
      const place = await make()
      const inbox = await place.open()
      let acknowledged = 0
      for (let kills = 0; kills < Math.ceil(KILLS / 3); kills += 1) {
        const door = new Process('store', place, `${kills}`)
        await until(() => door.lines.length > 20)
        await setTimeout(Math.random() * 50)
        await door.end('SIGKILL')
        for (const key of door.lines) {
          assert.equal((await inbox.find(key)).state, 'pending')
        }
        acknowledged += door.lines.length
      }
      const { pending } = await inbox.stats()
      // One more each may be stored whose answer was cut off.
      assert(pending >= acknowledged && pending <= acknowledged + KILLS, `${pending} of ${acknowledged}`)
      await inbox.close()
    })
  })
}
