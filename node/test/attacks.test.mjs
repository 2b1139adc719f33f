// What attackers of the receivers tried.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import { Receiver, Reply, Verifier } from 'yuno-webhooks'
import { handler as lambdaHandler } from 'yuno-webhooks/aws-lambda'
import { middleware } from 'yuno-webhooks/express'
import { handler as fetchHandler } from 'yuno-webhooks/fetch'
import { listener } from 'yuno-webhooks/http'
import { headers, sample } from 'yuno-webhooks/testing'

const SECRET = 'a-test-secret'
const BODY = sample('payment.purchase')
const HEADERS = headers(BODY, SECRET)
const signed = new Verifier({ hmacSecret: SECRET })
const unsigned = new Verifier({ unsigned: true, apiKey: 'k3y-credential' })

/** Wrong on purpose. @param {unknown} value @returns {any} */
const any = (value) => value

/** @param {(event: unknown) => unknown} fallback */
const receiver = (fallback) => new Receiver(signed, { fallback, onError: () => {} })

test('a function that only made its work is not acknowledged', async () => {
  const generator = function* () {
    yield 1
  }
  const asyncGenerator = async function* () {
    yield 1
  }
  const undone = [
    () => generator(),
    () => asyncGenerator(),
    any(generator.bind(null)),
    any(asyncGenerator.bind(null)),
    () => () => {},
    async () => async () => {},
    () => ({ subscribe() {} }),
  ]
  for (const fallback of undone) {
    assert.equal((await receiver(fallback).receive(BODY, HEADERS)).status, 503, String(fallback))
  }
  for (const fallback of [() => {}, () => 1, async () => ({ rows: [] }), () => null]) {
    assert.deepEqual(await receiver(fallback).receive(BODY, HEADERS), Reply.received())
  }
})

test('an empty body that no signature proves is not acknowledged', async () => {
  const stored = /** @type {unknown[]} */ ([])
  const open = new Receiver(unsigned, { fallback: () => {}, onUnreadable: (body) => stored.push(body) })
  assert.equal((await open.receive(Buffer.alloc(0), { 'x-api-key': 'k3y-credential' })).status, 400)
  assert.deepEqual(stored, [])
})

test('a body of another length than was declared is not received', async () => {
  const open = new Receiver(unsigned, { fallback: () => {}, onUnreadable: () => {}, onError: () => {} })
  const sent = { 'x-api-key': 'k3y-credential', 'content-length': '99' }
  const request = new Request('http://shop.example/w', { method: 'POST', body: '{}', headers: sent })
  assert.equal((await fetchHandler(open)(request)).status, 500)
})

test('what is no Receiver is refused where the adapter is made', () => {
  for (const make of [fetchHandler, listener, middleware, lambdaHandler]) {
    for (const given of [signed, undefined, {}]) {
      assert.throws(() => any(make)(given), /takes a Receiver first/)
    }
  }
})

test('an error that cannot be printed does not reject', async () => {
  const { error } = console
  const lines = /** @type {unknown[]} */ ([])
  console.error = (...words) => {
    if (words.some((word) => word instanceof Error)) {
      throw new Error('it cannot be printed')
    }
    lines.push(words)
  }
  try {
    const failing = new Receiver(signed, {
      fallback: () => {
        throw new Error('odd')
      },
    })
    assert.equal((await failing.receive(BODY, HEADERS)).status, 503)
  } finally {
    console.error = error
  }
  assert.equal(lines.length, 1)
})

test('a body in pieces of one byte takes no more memory than its bytes', async () => {
  const server = createServer(listener(receiver(() => {})))
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  const socket = connect(port, '127.0.0.1')
  const before = process.memoryUsage().rss
  try {
    socket.write('POST /w HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n')
    const pieces = Buffer.from('1\r\nx\r\n'.repeat(10_000))
    for (let round = 0; round < 100; round += 1) {
      if (!socket.write(pieces)) {
        await new Promise((resolve) => socket.once('drain', resolve))
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 300))
    const grown = (process.memoryUsage().rss - before) / 2 ** 20
    // A million pieces: kept one by one they were more than 300 MiB.
    assert(grown < 150, `${grown} MiB`)
  } finally {
    socket.destroy()
    server.closeAllConnections()
    server.close()
  }
})
