// Node: the package beside published ones, on the same bodies. A line of JSON for each size; see bench_peers.py.
//
// Each call verifies a signature of its own scheme and reaches what a receiver reads: kind, id, status, amount and a key. The others make objects of
// the whole body to reach them. Ours does so in a call of its own, "whole body", by which the others can be judged too.
//
// It is copied beside the others' packages, so that it finds them, and is told of our package.json and of the folder of the bodies.
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { verify } from '@octokit/webhooks-methods'
import { Webhook as Standard } from 'standardwebhooks'
import Stripe from 'stripe'
import { Webhook as Svix } from 'svix'

const [own, folder] = process.argv.slice(2)
const { Verifier } = createRequire(own)('yuno-webhooks')

const SECRET = 'a-bench-secret-of-some-32-bytes.'
const ENCODED = Buffer.from(SECRET).toString('base64')
const ROUNDS = 21
const key = createSecretKey(Buffer.from(SECRET))
const verifier = new Verifier({ hmacSecret: SECRET })
const { webhooks } = new Stripe('sk_test_none')
const standard = new Standard(ENCODED)
const svix = new Svix(ENCODED)

const sign = (message, encoding) => createHmac('sha256', key).update(message).digest(encoding)

/** The headers of a delivery under every scheme at once: each receiver finds its own. */
function signed(body) {
  const now = String(Math.floor(Date.now() / 1000))
  const common = `v1,${sign(`msg_1.${now}.${body}`, 'base64')}`
  return {
    host: 'shop.example',
    'user-agent': 'example/1.0',
    'content-type': 'application/json',
    'content-length': String(body.length),
    'x-hmac-signature': sign(body, 'base64'),
    'stripe-signature': `t=${now},v1=${sign(`${now}.${body}`, 'hex')}`,
    'x-hub-signature-256': `sha256=${sign(body, 'hex')}`,
    'webhook-id': 'msg_1',
    'webhook-timestamp': now,
    'webhook-signature': common,
    'svix-id': 'msg_1',
    'svix-timestamp': now,
    'svix-signature': common,
  }
}

/** What a receiver reads of a parsed body; the last is a key by which it knows the event again. */
function fields(event) {
  const { payment } = event.data
  const name = `${event.type_event}:${payment.id}:${payment.status}:${payment.updated_at}`
  return [event.type_event, payment.id, payment.status, payment.amount.value, name]
}

/** The same of ours. */
function ours(body, headers) {
  const event = verifier.verify(body, headers)
  const { resource } = event
  return [event.kind, resource.id, resource.status, resource.amount.value, event.dedupeKey]
}

/** The same, and the whole body as objects. */
function oursWhole(body, headers) {
  const event = verifier.verify(body, headers)
  const { resource } = event
  return [event.kind, resource.id, resource.status, resource.amount.value, event.dedupeKey, event.data]
}

/** What a careful developer writes with the standard library. */
function byHand(body, headers) {
  const expected = sign(body)
  const given = Buffer.from(headers['x-hmac-signature'], 'base64')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new Error('forged')
  return fields(JSON.parse(body.toString()))
}

/** It only verifies. */
function bySvix(body, headers) {
  const text = body.toString()
  svix.verify(text, headers)
  return fields(JSON.parse(text))
}

/** It only verifies, and takes a string. */
async function byOctokit(body, headers) {
  const text = body.toString()
  if (!(await verify(SECRET, text, headers['x-hub-signature-256']))) throw new Error('forged')
  return fields(JSON.parse(text))
}

const receivers = {
  'yuno-webhooks': ours,
  'yuno-webhooks, whole body': oursWhole,
  'by hand': byHand,
  stripe: (body, headers) => fields(webhooks.constructEvent(body, headers['stripe-signature'], SECRET)),
  standardwebhooks: (body, headers) => fields(standard.verify(body, headers)),
  svix: bySvix,
  '@octokit/webhooks-methods': byOctokit,
}

/** Stops unless every receiver reads the same from the body and refuses it where one byte differs. */
async function check(body) {
  const headers = signed(body)
  const changed = Buffer.from(body.toString().replace('SUCCEEDED', 'SUCCEEDER'))
  const expected = fields(JSON.parse(body.toString())).slice(0, 4).join()
  for (const [name, receive] of Object.entries(receivers)) {
    if ((await receive(body, headers)).slice(0, 4).join() !== expected) throw new Error(`${name} reads something else`)
    let refused = false
    try {
      await receive(changed, headers)
    } catch {
      refused = true
    }
    if (!refused) throw new Error(`${name} accepts a changed body`)
  }
}

/** CPU time of one call, in microseconds; the engine's own threads count. */
async function measure(receive, body, headers, count) {
  const start = process.cpuUsage()
  if (receive === byOctokit) {
    for (let done = 0; done < count; done++) await receive(body, headers)
  } else {
    for (let done = 0; done < count; done++) receive(body, headers)
  }
  const { user, system } = process.cpuUsage(start)
  return (user + system) / count
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1]

/** Prints the medians over rounds in which all take turns. */
async function compare(size, body) {
  await check(body)
  const count = Math.max(50, Math.floor(6_000_000 / (body.length + 1500)))
  const rounds = []
  for (let round = -3; round < ROUNDS; round++) {
    const headers = signed(body)
    const times = {}
    for (const [name, receive] of Object.entries(receivers)) times[name] = await measure(receive, body, headers, count)
    // The first rounds warm the engine's compilers up.
    if (round >= 0) rounds.push(times)
  }
  const of = (read) => median(rounds.map(read))
  const line = (name) => ({
    us: of((times) => times[name]),
    fields: of((times) => times[name] / times['yuno-webhooks']),
    whole: of((times) => times[name] / times['yuno-webhooks, whole body']),
  })
  const found = Object.fromEntries(Object.keys(receivers).map((name) => [name, line(name)]))
  console.log(JSON.stringify({ size, receivers: found }))
}

console.log(JSON.stringify({ language: `Node ${process.versions.node.split('.')[0]}` }))
const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
const bodies = files.map((name) => [name.slice(0, -5), readFileSync(join(folder, name))])
for (const [size, body] of bodies.sort(([, a], [, b]) => a.length - b.length)) await compare(size, body)
