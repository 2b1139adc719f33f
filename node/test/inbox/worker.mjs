// A process of the tests: works on an inbox, or stores in it, until it is ended or killed. Says on stdout what it did, one line each.
import { setTimeout } from 'node:timers/promises'
import { Event } from 'yuno-webhooks'
import { Backoff, Handlers } from 'yuno-webhooks/inbox'
import { sample } from 'yuno-webhooks/testing'
import { placeOf, RedisPlace } from './places.mjs'

const [task, json = '', option = ''] = process.argv.slice(2)
const place = placeOf(json)
const inbox = await place.open()
const say = (/** @type {string} */ line) => process.stdout.write(`${line}\n`)

if (task === 'store') {
  for (let number = 0; ; number += 1) {
    say((await inbox.accept(Event.parseUnverified(sample('payment.purchase', { id: `${option}-${number}` })))).key)
  }
}

const handlers = new Handlers({
  fallback: async (delivery) => {
    if (task === 'slow') {
      say(`begun ${delivery.key}`)
      await setTimeout(Number(option))
    }
    if (!(place instanceof RedisPlace)) {
      await delivery.transaction((client) => place.effect(client, delivery.key))
    }
    say(`done ${delivery.key}`)
  },
})
const running = inbox.run(handlers, {
  workers: 4,
  lease: 0.5,
  poll: 0.05,
  backoff: new Backoff({ first: 0.01, most: 0.1, attempts: 1000 }),
})
// Now, and not before, a signal only ends the work.
say('ready')
await running
await inbox.close()
say('ended')
