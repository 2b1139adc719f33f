// The package as a module: one instance, in every thread, that tells nothing it should not.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Worker } from 'node:worker_threads'
import * as imported from 'yuno-webhooks'
import * as testing from 'yuno-webhooks/testing'
import { publicError } from '../dist/errors.js'

const { catalog, Event, errorCodes, Reply, Verifier, version, WebhookError } = imported
const require = createRequire(import.meta.url)

test('import and require give one instance', () => {
  const required = require('yuno-webhooks')
  assert(Object.keys(required).length > 10)
  for (const [name, value] of Object.entries(required)) {
    assert.equal(/** @type {Record<string, unknown>} */ (imported)[name], value, name)
  }
  assert.equal(require('yuno-webhooks/testing').sign, testing.sign)
  assert.throws(() => require('yuno-webhooks/native.js'), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' })
})

test('the version is the workspace’s', () => {
  const workspace = readFileSync(new URL('../../Cargo.toml', import.meta.url), 'utf8')
  assert.equal(version, /^version = "(.+)"$/m.exec(workspace)?.[1])
  assert.equal(version, require('yuno-webhooks/package.json').version)
})

test('several workers verify at the same time', async () => {
  const threads = [0, 1, 2, 3].map(async (thread) => {
    const workerData = { thread, count: 500, secret: `secret-${thread}` }
    const worker = new Worker(new URL('worker.cjs', import.meta.url), { workerData })
    const [[count]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')])
    return count
  })
  assert.deepEqual(await Promise.all(threads), [500, 500, 500, 500])
})

test('nothing printed holds a secret, a signature or the body', () => {
  const body = testing.sample('payment.purchase', { merchantReference: 'pr1vate' })
  const verifier = new Verifier({ hmacSecret: 's3cret', apiKey: 'k3y', requiredHeaders: { 'x-tenant': 't3nant' } })
  const good = { ...testing.headers(body, 's3cret'), 'x-api-key': 'k3y', 'x-tenant': 't3nant' }
  const event = verifier.verify(body, good)
  const printed = [verifier, event, event.resource, event.resource.amount, event.resource.transaction, event.constructor, Reply.received()]
  for (const headers of [{}, { ...good, 'x-api-key': 'wr0ng' }, { ...good, 'x-hmac-signature': 'wr0ng' }, { 'x-hmac-signature': 5 }]) {
    try {
      verifier.verify(body, /** @type {any} */ (headers))
      assert.fail('it must be refused')
    } catch (error) {
      printed.push(/** @type {any} */ (error))
    }
  }
  const options = { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: false, breakLength: Number.POSITIVE_INFINITY }
  // A resource in JSON is its fields, for whoever asks for them; that of an event, which loggers write, is not.
  const logged = (/** @type {any} */ value) => (value === event.resource ? '' : (JSON.stringify(value) ?? ''))
  const texts = printed.flatMap((value) => [inspect(value, options), logged(value), String(value)])
  const words = ['s3cret', 'k3y', 't3nant', 'wr0ng', 'pr1vate', good['x-hmac-signature']]
  assert.deepEqual(
    words.filter((word) => texts.some((text) => text.includes(word))),
    [],
  )
  assert.equal(inspect(verifier), 'Verifier(redacted)')
  assert.equal(inspect(event), 'Event(kind="payment.purchase", id="5f0c2c1e-8a4b-4c7d-9f51-2f6f3f1f7a10", status="SUCCEEDED")')
  assert.deepEqual(Object.keys(JSON.parse(JSON.stringify(event))), ['kind', 'id', 'status', 'dedupeKey'])
})

test('what is printed is one short line', () => {
  const body = `{"payment":{"id":"a\\nb","status":"${'x'.repeat(10_000)}","amount":{"value":1,"currency":"USD\\nFAKE"}}}`
  const { resource } = Event.parseUnverified(Buffer.from(body))
  for (const text of [inspect(resource), inspect(resource.amount)]) {
    assert(!text.includes('\n') && text.length < 250, text)
  }
})

test('a code or a failure that is not known becomes PANIC, without its text', () => {
  for (const thrown of [
    new Error('b0dy'),
    Object.assign(new Error('b0dy'), { code: 'GenericFailure' }),
    Object.assign(new Error('b0dy'), { code: 'NEW' }),
    {},
  ]) {
    const error = /** @type {InstanceType<typeof WebhookError>} */ (publicError(thrown))
    assert.deepEqual([error.code, error.httpStatus, error.message.includes('b0dy'), error.cause], ['PANIC', 500, false, undefined])
    assert.equal(Reply.toError(error).status, 500)
  }
})

test('an error is of its stage’s class and named after it', () => {
  const row = errorCodes().find(({ name }) => name === 'SIGNATURE_MISMATCH')
  assert(row && Object.isFrozen(row) && Object.isFrozen(errorCodes()) && Object.isFrozen(catalog()[0]))
  try {
    new Verifier({ hmacSecret: 's' }).verify(Buffer.from('{}'), testing.headers(Buffer.from('{}'), 'other'))
    assert.fail('it must be refused')
  } catch (error) {
    assert(error instanceof imported.AuthenticationError && error instanceof WebhookError && error instanceof Error)
    assert.deepEqual([error.name, error.code, error.number, error.stage], ['AuthenticationError', row.name, row.number, row.stage])
    assert.equal(error.message, `SIGNATURE_MISMATCH: ${row.message}`)
    assert.deepEqual(JSON.parse(JSON.stringify(error)), { name: error.name, code: error.code, message: error.message })
  }
  try {
    new Verifier({ hmacSecret: '***' })
    assert.fail('it must be refused')
  } catch (error) {
    assert(error instanceof imported.ConfigurationError)
    assert(error.hint.includes('asterisks') && error.message.includes(error.hint))
  }
})

test('the sample of every kind, in every form, tells about what its type says', () => {
  for (const { kind, family, forms } of catalog()) {
    for (const form of forms) {
      const event = Event.parseUnverified(testing.sample(/** @type {any} */ (kind), { form }))
      assert.deepEqual([event.kind, event.resource.kind], [kind, family], form)
    }
  }
})

test('a stored key does not keep its body in memory', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc')
  const filler = 'x'.repeat(100_000)
  const heap = () => {
    collect()
    return process.memoryUsage().heapUsed
  }
  const before = heap()
  const seen = new Set()
  for (let number = 0; number < 500; number += 1) {
    const event = Event.parseUnverified(Buffer.from(`{"payment":{"id":"an-id-of-some-length-${number}","x":"${filler}"}}`))
    seen.add(event.dedupeKey).add(event.resource.id)
  }
  const grown = heap() - before
  assert.equal(seen.size, 1000)
  assert(grown < 5_000_000, `1000 short texts keep ${grown} bytes`)
})
