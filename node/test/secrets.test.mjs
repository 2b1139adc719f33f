// No text that the package makes of a delivery or a verifier holds a secret, a credential, an expected signature or a part of a body.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { Receiver, Verifier, WebhookError } from 'yuno-webhooks'

const VECTORS = new URL('../../tests/vectors/', import.meta.url)
/** @type {any[]} */
const files = readdirSync(VECTORS, { withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => JSON.parse(readFileSync(new URL(entry.name, VECTORS), 'utf8')))
const cases = files
  .filter(({ operation }) => operation === 'verify')
  .flatMap((file) => file.cases.filter((/** @type {any} */ { input }) => input.verifier))

/** The options of the vectors have the core's names. @param {Record<string, unknown>} options @returns {any} */
const camel = (options) =>
  Object.fromEntries(Object.entries(options).map(([name, value]) => [name.replaceAll(/_(.)/g, (_, letter) => letter.toUpperCase()), value]))

/** @param {any} spec */
function toBytes(spec) {
  if (typeof spec === 'string') return Buffer.from(spec)
  return 'base64' in spec ? Buffer.from(spec.base64, 'base64') : Buffer.from(spec.prefix + spec.repeat.repeat(spec.count) + spec.suffix)
}

/** @param {any} option @returns {string[]} */
const values = (option) => (typeof option === 'string' ? [option] : Object.values(option ?? {}).flatMap(values))

/** What must not be told: the values of the options, what each secret signs, and the body's texts. @param {any} input */
function hidden({ verifier: { hmac_secret: secret, ...options }, body: spec }) {
  const body = toBytes(spec)
  const signatures = values(secret).flatMap((key) =>
    ['base64', 'hex'].map((form) =>
      createHmac('sha256', key)
        .update(body)
        .digest(/** @type {any} */ (form)),
    ),
  )
  const texts = [...body.toString('utf8', 0, 10_000).matchAll(/"([^"\\]*[0-9][^"\\]*)"/g)].map(([, text = '']) => text)
  return [...values(secret), ...values(options), ...signatures, ...texts].filter(
    (text) => text.length >= 6 && !/^(\*+|[a-zA-Z]+)$/.test(text),
  )
}

/** What a log, a crash report or a prompt would show. @param {unknown} value */
function shown(value) {
  const full = { showHidden: true, depth: 9, getters: true }
  return [
    String(value),
    inspect(value),
    inspect(value, full),
    inspect({ value }, full),
    JSON.stringify(value) ?? '',
    String(/** @type {any} */ (value)?.stack),
  ]
}

/** @param {any} input */
async function texts({ verifier: options, body: spec, headers }) {
  /** @type {string[]} */
  const told = []
  try {
    const verifier = new Verifier(camel(options))
    told.push(...shown(verifier))
    const observe = (/** @type {unknown[]} */ ...words) => told.push(...words.flatMap(shown))
    const receiver = new Receiver(verifier, { fallback: () => {}, onError: observe, onRefused: observe })
    told.push(...shown(receiver), ...shown(await receiver.receive(toBytes(spec), headers)))
    verifier.verify(toBytes(spec), headers)
  } catch (error) {
    assert(error instanceof WebhookError)
    told.push(...shown(error), ...shown(error.cause))
  }
  return told
}

test('no vector is told from what is printed', async () => {
  let checked = 0
  for (const { name, input } of cases) {
    const told = await texts(input)
    const secrets = hidden(input)
    checked += told.length * secrets.length
    for (const secret of secrets) {
      assert(!told.some((text) => text.includes(secret)), name)
    }
  }
  assert(checked > 10_000, String(checked))
})

test('what is told would be seen', () => {
  const input = { verifier: { hmac_secret: 'whsec-one', required_headers: { 'x-tenant': ['t3nant'] } }, body: '{"id":"pay-1001"}' }
  const signature = createHmac('sha256', 'whsec-one').update(input.body).digest('base64')
  assert.deepEqual(new Set(['whsec-one', 't3nant', 'pay-1001', signature].filter((text) => hidden(input).includes(text))).size, 4)
  assert(shown({ deep: { verifier: 'whsec-one' } }).some((text) => text.includes('whsec-one')))
})
