// The inbox of the README, as it stands: a process that receives, and another one that works, by SIGTERM's end.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Event } from 'yuno-webhooks'
import * as testing from 'yuno-webhooks/testing'
import { drivers, PostgresPlace, SqlitePlace } from './inbox/places.mjs'
import { until } from './inbox/processes.mjs'
import { server as postgres } from './inbox/stores.mjs'

const SECRET = 'a-test-secret'
const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

// Inside the package, so that a snippet finds it by its name.
const folder = mkdtempSync(fileURLToPath(new URL('../.readme-', import.meta.url)))
after(() => rmSync(folder, { recursive: true, force: true }))

for (const [, snippet = '', name = ''] of README.matchAll(/^```js\n(\/\/ (inbox|server|worker|postgres-worker)\.mjs\n.*?)^```/gms)) {
  writeFileSync(join(folder, `${name}.mjs`), snippet)
}

/** Elsewhere than its file: both find one inbox. @param {string} name @param {NodeJS.ProcessEnv} more */
function start(name, more = {}) {
  const env = { ...process.env, YUNO_WEBHOOK_HMAC_SECRET: '', ...more }
  const child = spawn(process.execPath, [join(folder, name)], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const told = { text: '' }
  child.stdout.on('data', (text) => {
    told.text += text
  })
  return { child, told, ended: once(child, 'close').then(([code]) => code) }
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (probe.address())
  probe.close()
  await once(probe, 'close')
  return port
}

test('the inbox of the README ships once, and only what was paid', async () => {
  const [driver = ''] = drivers.keys()
  const place = new SqlitePlace(driver, join(folder, 'shop.db'))
  const port = await freePort()
  const server = start('server.mjs', { YUNO_WEBHOOK_HMAC_SECRET: SECRET, PORT: String(port) })
  const send = [
    testing.delivery('payment.purchase', { secret: SECRET }),
    testing.delivery('payment.purchase', { secret: SECRET, retry: 1 }),
    testing.delivery('payment.purchase', { secret: SECRET, updatedAt: '2026-12-01T10:00:00Z' }),
    testing.delivery('payment.purchase', { secret: SECRET, merchantReference: 'order-2', subStatus: 'THREE_D_SECURE_VERIFIED' }),
    testing.delivery('payment.purchase', { secret: SECRET, merchantReference: 'order-2', transactionStatus: 'DECLINED' }),
    testing.delivery('payment.refund', { secret: SECRET }),
  ]
  const url = `http://127.0.0.1:${port}/webhooks/yuno`
  await until(() => fetch(url).then(Boolean, () => false))
  for (const one of send) assert.equal((await fetch(one.request(url))).status, 200)
  server.child.kill()
  await server.ended
  const worker = start('worker.mjs')
  await until(async () => (await place.query("SELECT count(*) AS n FROM yuno_inbox WHERE state = 'done'"))[0].n === 5)
  worker.child.kill('SIGTERM')
  assert.equal(await worker.ended, 0)
  assert.equal(worker.told.text, 'not for us payment.refund\n')
  assert.deepEqual(
    (await place.query('SELECT reference FROM shipment')).map(({ reference }) => reference),
    ['order-1001'],
  )
})

test('the worker of the README for Postgres ships once, and only what was paid', { skip: postgres === null }, async () => {
  const place = new PostgresPlace((await postgres?.database()) ?? '')
  await place.query('CREATE TABLE shipment (reference TEXT PRIMARY KEY)')
  const inbox = await place.open()
  for (const choice of [{}, { updatedAt: '2026-12-01T10:00:00Z' }, { merchantReference: 'order-2', transactionStatus: 'DECLINED' }]) {
    await inbox.accept(Event.parseUnverified(testing.sample('payment.purchase', choice)))
  }
  await inbox.accept(Event.parseUnverified(testing.sample('payment.refund')))
  const worker = start('postgres-worker.mjs', { DATABASE_URL: place.connectionString })
  await until(async () => (await inbox.list({ state: 'done' })).length === 4)
  await inbox.close()
  worker.child.kill('SIGTERM')
  assert.equal(await worker.ended, 0)
  assert.equal(worker.told.text, 'not for us payment.refund\n')
  assert.deepEqual(await place.query('SELECT reference FROM shipment'), [{ reference: 'order-1001' }])
})
