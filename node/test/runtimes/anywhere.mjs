// Receives on whatever runs it: Node, Bun and Deno. No test framework, which they do not share; it ends with 0 if all holds.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import { Receiver, Verifier } from 'yuno-webhooks'
import { handler } from 'yuno-webhooks/fetch'
import { listener } from 'yuno-webhooks/http'
import { delivery } from 'yuno-webhooks/testing'

const SECRET = 'a-test-secret'
const seen = new Set()
const verifier = new Verifier({ hmacSecret: SECRET })
assert.equal(createRequire(import.meta.url)('yuno-webhooks').Verifier, Verifier, 'import and require give one instance')
const receiver = new Receiver(verifier, { fallback: () => {} }).on('payment.purchase', (event) => seen.add(event.dedupeKey))
const purchase = delivery('payment.purchase', { secret: SECRET })
const all = [purchase, purchase.redelivered(1), purchase.forged(), purchase.unsigned(), purchase.tampered()]

const direct = []
for (const one of all) direct.push((await handler(receiver)(one.request())).status)
assert.deepEqual(direct, [200, 200, 401, 401, 401])

const server = createServer(listener(receiver, { path: '/a' }))
await once(server.listen(0, '127.0.0.1'), 'listening')
const statuses = []
for (const { body, headers } of all) {
  const url = `http://127.0.0.1:${server.address().port}/a`
  statuses.push((await fetch(url, { method: 'POST', body: new Uint8Array(body), headers })).status)
}
server.closeAllConnections?.()
await new Promise((resolve) => server.close(resolve))
assert.deepEqual(statuses, [200, 200, 401, 401, 401])
assert.equal(seen.size, 1)

const { raw, resource } = verifier.verify(purchase.body, purchase.headers)
assert(raw.equals(purchase.body))
assert.deepEqual([resource.amount.value, resource.amount.minorUnits], ['1499.90', 149990n])
assert.throws(() => verifier.verify(new Proxy(new Uint8Array(2), {}), {}), { code: 'INVALID_ARGUMENT' })

const worker = new Worker(new URL('worker.mjs', import.meta.url))
const [signed] = await once(worker, 'message')
assert.equal(signed, true)
await worker.terminate()
console.log('received')
