// A process of the queue's test: consumes keys from BullMQ until it is ended or killed, and fails at times. Says on stdout what it did, one line each.
import { Worker } from 'bullmq'
import { Backoff, Handlers } from 'yuno-webhooks/inbox'
import { placeOf } from '../inbox/places.mjs'

const [name, json = '', port = ''] = process.argv.slice(2)
const place = placeOf(json)
const inbox = await place.open()
const say = (line) => process.stdout.write(`${line}\n`)

const handlers = new Handlers({
  fallback: async (delivery) => {
    if (Math.random() < 0.1) {
      throw new Error('it fails at times')
    }
    await delivery.transaction((client) => place.effect(client, delivery.key))
    say(`done ${delivery.key}`)
  },
})
const options = { lease: 0.5, backoff: new Backoff({ first: 0.01, most: 0.1, attempts: 1000 }), onError: () => {} }

const worker = new Worker(name, ({ data }) => inbox.work(data.key, handlers, options), {
  connection: { host: '127.0.0.1', port: Number(port), maxRetriesPerRequest: null },
  concurrency: 4,
  lockDuration: 1000,
  stalledInterval: 500,
})
worker.on('error', () => {})
await worker.waitUntilReady()
process.once('SIGTERM', async () => {
  await worker.close()
  await inbox.close()
  say('ended')
  process.exit()
})
say('ready')
