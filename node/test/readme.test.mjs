// Every JavaScript snippet of the READMEs runs as it stands, and the receivers in them do what the text says.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import * as testing from 'yuno-webhooks/testing'

const SECRET = 'a-test-secret'
Object.assign(process.env, { YUNO_WEBHOOK_HMAC_SECRET: SECRET })

// Inside the package, so that a snippet finds it by its name.
const folder = mkdtempSync(fileURLToPath(new URL('../.readme-', import.meta.url)))
after(() => rmSync(folder, { recursive: true, force: true }))

const forged = () => {
  const body = testing.sample('payment.purchase')
  return { body, headers: testing.headers(body, 'another secret') }
}

/** @param {Parameters<typeof testing.sample>} choice */
const signed = (...choice) => {
  const body = testing.sample(...choice)
  return { body, headers: testing.headers(body, SECRET) }
}

/** What a receiver must do: ship once, and only what was paid. @param {(body: Buffer, headers: Record<string, string>) => Promise<number>} send */
async function checkReceiver(send) {
  const status = async (/** @type {{ body: Buffer, headers: Record<string, string> }} */ { body, headers }) => send(body, headers)
  assert.equal(await status(signed('payment.purchase', { subStatus: 'THREE_D_SECURE_VERIFIED' })), 200)
  assert.equal(await status(signed('payment.purchase', { transactionStatus: 'DECLINED' })), 200)
  assert.equal(await status(signed('payment.pre_chargeback', { status: 'SUCCEEDED', subStatus: 'APPROVED' })), 200)
  assert.equal(await status(signed('payment.purchase', { status: 'PENDING' })), 200)
  const unnamed = Buffer.from(String(testing.sample('payment.purchase', { id: 'p-2' })).replace('"order-1001"', 'null'))
  assert.equal(await status({ body: unnamed, headers: testing.headers(unnamed, SECRET) }), 200)
  assert.equal(await status(forged()), 401)
  for (const retry of [0, 1, 2]) {
    assert.equal(await status(signed('payment.purchase', { retry })), 200)
  }
  const list = Buffer.from('[1]')
  return { unreadable: list, answered: await send(list, testing.headers(list, SECRET)) }
}

test('every link of the packed README leads into the package', () => {
  const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map((match) => match[1])
  assert.deepEqual(links, ['CATALOG.md'])
})

for (const [name, path] of Object.entries({ 'the root README': '../../README.md', 'the README of this package': '../README.md' })) {
  describe(name, () => {
    const file = new URL(path, import.meta.url)
    const snippets = [...readFileSync(file, 'utf8').matchAll(/^```js\n(.*?)^```/gms)].map((match) => match[1] ?? '')

    test('has JavaScript', () => assert.notEqual(snippets.length, 0))

    for (const [place, snippet] of snippets.entries()) {
      // Those for a framework run under it: test/frameworks/readme.test.mjs.
      if (snippet.includes('./receiver.mjs') || snippet.startsWith('// receiver.mjs')) continue
      // Those of the inbox run in processes of their own: test/inbox.readme.test.mjs, and with a queue test/frameworks/queue.test.mjs.
      if (/^\/\/ (inbox|server|worker|postgres-worker|queue|queue-worker)\.mjs/m.test(snippet)) continue
      // test/metrics.test.mjs.
      if (/^\/\/ (metrics|telemetry)\.mjs$/m.test(snippet)) continue
      test(`snippet ${place + 1}`, async (t) => {
        const log = t.mock.method(console, 'log', () => {})
        const warn = t.mock.method(console, 'warn', () => {})
        const error = t.mock.method(console, 'error', () => {})
        const lines = () => log.mock.calls.map((call) => call.arguments.join(' '))
        const path = join(folder, `${name.replaceAll(' ', '-')}-${place}.mjs`)
        writeFileSync(path, snippet)
        const { receive } = await import(pathToFileURL(path).href)
        if (receive) {
          const seen = new Set()
          const unreadable = /** @type {Buffer[]} */ ([])
          const result = await checkReceiver(async (body, headers) => receive(body, headers, seen, unreadable).status)
          assert.deepEqual([lines(), unreadable, result.answered], [['ship order-1001'], [result.unreadable], 200])
          assert.deepEqual(
            error.mock.calls.map((call) => call.arguments.join(' ')),
            ['paid, and names no order: payment p-2'],
          )
          const refusals = warn.mock.calls.map((call) => String(call.arguments[0]).split(':')[0])
          assert.deepEqual(refusals, ['SIGNATURE_MISMATCH', 'BODY_NOT_OBJECT'])
        }
      })
    }
  })
}
