// What a host costs: requests a second over HTTP beside a hand-written receiver, threads, and memory. `npm run bench`, after `npm run
// test:frameworks`, which installs Fastify; a row of JSON each.
import { fork } from 'node:child_process'
import { createHmac, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { Receiver, Verifier } from 'yuno-webhooks'
import { plugin } from 'yuno-webhooks/fastify'
import { listener } from 'yuno-webhooks/http'
import { delivery, headers } from 'yuno-webhooks/testing'

const SECRET = 'a-bench-secret'
const ROUNDS = 5
const SECONDS = Number(process.env.YUNO_BENCH_SECONDS ?? 1)
const verifier = new Verifier({ hmacSecret: SECRET })
const one = delivery('payment.purchase', { secret: SECRET })
const key = Buffer.from(SECRET)

/** What a careful developer writes with the standard library. @param {Buffer} body @param {import('node:http').IncomingHttpHeaders} given */
function verifyByHand(body, given) {
  const expected = createHmac('sha256', key).update(body).digest()
  const signature = Buffer.from(String(given['x-hmac-signature']), 'base64')
  if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) {
    throw new Error('forged')
  }
  const { data } = JSON.parse(body.toString())
  return `${data.payment.id}:${data.payment.status}:${data.payment.updated_at}`
}

/** @type {import('node:http').RequestListener} */
async function listenByHand(request, response) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  try {
    consume(verifyByHand(Buffer.concat(chunks), request.headers))
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"received":true}')
  } catch {
    response.writeHead(401).end()
  }
}

/** What was read, so that no engine leaves the reading out. */
let length = 0
const consume = (/** @type {string} */ text) => {
  length = (length + text.length) & 0xffff
  return length
}

const receiver = new Receiver(verifier, {
  fallback: ({ dedupeKey }) => consume(dedupeKey),
})

/** Sends the same request on some connections, each as soon as the last was answered; how many were. @param {number} port */
async function load(port) {
  const head = Object.entries({ host: 'a', ...one.headers, 'content-length': one.body.length }).map((pair) => `${pair.join(': ')}\r\n`)
  const request = Buffer.concat([Buffer.from(`POST /a HTTP/1.1\r\n${head.join('')}\r\n`), one.body])
  let answers = 0
  const sockets = Array.from({ length: 8 }, () => {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    socket.on('data', (data) => {
      if (data.includes('received')) answers += 1
      socket.write(request)
    })
    socket.write(request)
    return socket
  })
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000))
  for (const socket of sockets) socket.destroy()
  return answers
}

const SERVERS = {
  'node:http': async () => createServer(listener(receiver)),
  'node:http by hand': async () => createServer(listenByHand),
  fastify: async () => {
    const app = fastify()
    app.register(plugin, { receiver, path: '/a' })
    await app.ready()
    return app.server
  },
  'fastify by hand': async () => {
    const app = fastify()
    const options = { parseAs: 'buffer', bodyLimit: 2 << 20 }
    app.addContentTypeParser('application/json', options, (/** @type {any[]} */ ...[, body, done]) => done(null, body))
    app.post('/a', async (/** @type {any} */ request) => {
      consume(verifyByHand(request.body, request.headers))
      return { received: true }
    })
    await app.ready()
    return app.server
  },
}

function fastify() {
  const load = createRequire(new URL('../test/frameworks/package.json', import.meta.url))
  return load('fastify')()
}

const median = (/** @type {number[]} */ values) => values.sort((a, b) => a - b)[values.length >> 1] ?? 0
const print = (/** @type {object} */ row) => console.log(JSON.stringify(row))
const inWorker = (/** @type {object} */ data) => new Worker(fileURLToPath(import.meta.url), { workerData: data })
const message = (/** @type {Worker} */ worker) => new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))

async function benchServers() {
  const servers = await Promise.all(Object.keys(SERVERS).map(start))
  // One round to warm up; in each round all take turns.
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const server of servers) {
      const before = await server.usage()
      const count = await load(server.port)
      const cpu = (await server.usage()) - before
      if (round > 0) server.rounds.push([count / SECONDS, cpu / count])
    }
  }
  for (const { name, rounds, child } of servers) {
    const [rate, cpu] = [0, 1].map((at) => median(rounds.map((round) => round[at] ?? 0)))
    const own = { 'requests a second': Math.round(rate ?? 0), 'microseconds of CPU each': Math.round(cpu ?? 0) }
    print({ bench: 'http', server: name, body: one.body.length, ...own })
    child.kill()
  }
}

/** A server in a process of its own: its CPU time is told apart from the client's. @param {string} name */
async function start(name) {
  const child = fork(fileURLToPath(import.meta.url), [name], { execArgv: [] })
  const ask = async () => (await once(child, 'message'))[0]
  const port = await ask()
  const usage = () => {
    child.send('usage')
    return ask()
  }
  return { name, child, port, usage, rounds: /** @type {number[][]} */ ([]) }
}

/** @param {keyof typeof SERVERS} name */
async function serve(name) {
  const server = await SERVERS[name]()
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send?.(user + system)
  })
  server.listen(0, '127.0.0.1', () => process.send?.(/** @type {any} */ (server.address()).port))
}

/** How many deliveries some threads verify in a second. @param {number} threads */
async function benchThreads(threads) {
  const workers = Array.from({ length: threads }, () => inWorker({ verify: SECONDS }))
  const counts = await Promise.all(workers.map(message))
  print({
    bench: 'threads',
    threads,
    cores: availableParallelism(),
    'deliveries a second': Math.round(counts.reduce((a, b) => a + b, 0) / SECONDS),
  })
}

function verifyFor(/** @type {number} */ seconds) {
  const end = Date.now() + seconds * 1000
  let count = 0
  for (; Date.now() < end; count += 100) {
    for (let at = 0; at < 100; at += 1) consume(verifier.verify(one.body, one.headers).dedupeKey)
  }
  return count
}

/** What an event of a body of 1 MiB keeps, and what its key alone keeps. */
async function benchMemory() {
  const body = Buffer.concat([one.body, Buffer.alloc((1 << 20) - one.body.length, ' ')])
  const fields = headers(body, SECRET)
  const used = async () => {
    for (let round = 0; round < 3; round += 1) {
      globalThis.gc?.()
      await new Promise(setImmediate)
    }
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  /** @type {Record<string, () => unknown>} */
  const kept = { event: () => verifier.verify(body, fields), dedupeKey: () => verifier.verify(body, fields).dedupeKey }
  for (const [what, keep] of Object.entries(kept)) {
    keep()
    const before = await used()
    const all = Array.from({ length: 20 }, keep)
    const grown = (await used()) - before
    print({ bench: 'memory', body: body.length, kept: what, 'bytes each': Math.round(grown / all.length) })
    // The engine may hold the list for longer than its name is in scope.
    all.length = 0
  }
}

if (!isMainThread) {
  verifyFor(0.2)
  parentPort?.postMessage(verifyFor(workerData.verify))
} else if (process.send !== undefined) {
  await serve(/** @type {keyof typeof SERVERS} */ (process.argv[2]))
} else {
  for (const threads of [1, 2]) await benchThreads(threads)
  await benchMemory()
  await benchServers()
}
