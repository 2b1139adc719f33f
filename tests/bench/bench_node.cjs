// Node: the package beside the best hand-written receiver. One line of JSON for each size and job; see run.py.
'use strict'

const { createHmac, createSecretKey, timingSafeEqual } = require('node:crypto')
const { readdirSync, readFileSync } = require('node:fs')
const { join } = require('node:path')
const { Verifier } = require('../../node')

const SECRET = 'a-bench-secret'
const ROUNDS = 31
const key = createSecretKey(Buffer.from(SECRET))
const verifier = new Verifier({ hmacSecret: SECRET })

/** Verifies, reads what a receiver decides by, and makes the key. */
function ours(body, headers) {
  const event = verifier.verify(body, headers)
  const resource = event.resource
  const seen = [event.kind, resource.id, resource.status, resource.subStatus, resource.updatedAtNs]
  return [event, seen, resource.amount.value, resource.transaction.type, event.dedupeKey]
}

/** The same, and the whole of `data`. */
function oursWithData(body, headers) {
  const seen = ours(body, headers)
  return [seen, seen[0].data]
}

/** What a careful developer writes with the standard library. */
function byHand(body, headers) {
  const expected = createHmac('sha256', key).update(body).digest()
  const given = Buffer.from(headers['x-hmac-signature'], 'base64')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new Error('forged')
  const event = JSON.parse(body.toString())
  const payment = event.data.payment
  const name = `${event.type_event}:${payment.id}:${payment.status}:${payment.updated_at}`
  return [event, name, payment.sub_status, payment.amount.value, payment.transactions.type]
}

/** CPU time of one job, in microseconds; the engine's own threads count. */
function measure(job, body, headers, count) {
  const start = process.cpuUsage()
  for (let done = 0; done < count; done++) job(body, headers)
  const { user, system } = process.cpuUsage(start)
  return (user + system) / count
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1]

/** Prints how many times faster the first is: the median over rounds in which both take turns. */
function compare(size, task, body, first, second) {
  const signature = createHmac('sha256', key).update(body).digest('base64')
  const headers = {
    host: 'shop.example',
    'user-agent': 'example/1.0',
    'content-type': 'application/json',
    'content-length': String(body.length),
    'x-hmac-signature': signature,
  }
  const count = Math.max(100, Math.floor(20_000_000 / (body.length + 1500)))
  const times = []
  for (let round = -3; round < ROUNDS; round++) {
    const pair = [measure(first, body, headers, count), measure(second, body, headers, count)]
    // The first rounds warm the engine's compilers up.
    if (round >= 0) times.push(pair)
  }
  const line = {
    surface: `Node ${process.versions.node.split('.')[0]}`,
    size,
    task,
    ours_us: median(times.map(([own]) => own)),
    other_us: median(times.map(([, other]) => other)),
    ratio: median(times.map(([own, other]) => other / own)),
  }
  console.log(JSON.stringify(line))
}

const folder = process.argv[2]
const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
const bodies = files.map((name) => [name.slice(0, -5), readFileSync(join(folder, name))])
for (const [size, body] of bodies.sort(([, a], [, b]) => a.length - b.length)) {
  compare(size, 'view and key', body, ours, byHand)
  compare(size, 'with data', body, oursWithData, byHand)
}
