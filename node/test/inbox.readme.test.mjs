// The inbox of the README, as it stands: a process that receives, and another one that works, by SIGTERM's end.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as testing from 'yuno-webhooks/testing'
import { drivers, SqlitePlace } from './inbox/places.mjs'
import { until } from './inbox/processes.mjs'

const SECRET = 'a-test-secret'
const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

// Inside the package, so that a snippet finds it by its name.
const folder = mkdtempSync(fileURLToPath(new URL('../.readme-', import.meta.url)))
after(() => rmSync(folder, { recursive: true, force: true }))

for (const [, snippet = '', name = ''] of README.matchAll(/^```js\n(\/\/ (inbox|worker)\.mjs\n.*?)^```/gms)) {
  writeFileSync(join(folder, `${name}.mjs`), snippet)
}
// Stands for an adapter.
writeFileSync(
  join(folder, 'door.mjs'),
  `import { receiver, inbox } from './inbox.mjs'
for (const { body, headers } of JSON.parse(process.argv[2])) {
  console.log((await receiver.receive(Buffer.from(body, 'base64'), headers)).status)
}
await inbox.close()`,
)

/** @param {string} file @param {string[]} words */
function start(file, ...words) {
  const env = { ...process.env, YUNO_WEBHOOK_HMAC_SECRET: SECRET }
  const child = spawn(process.execPath, [file, ...words], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] })
  const told = { text: '' }
  child.stdout.on('data', (text) => {
    told.text += text
  })
  return { child, told, ended: once(child, 'close').then(([code]) => code) }
}

test('the inbox of the README ships once, and only what was paid', async () => {
  const [driver = ''] = drivers.keys()
  const place = new SqlitePlace(driver, join(folder, 'shop.db'))
  await place.query('CREATE TABLE shipments (reference TEXT NOT NULL)')
  const send = [
    testing.delivery('payment.purchase', { secret: SECRET }),
    testing.delivery('payment.purchase', { secret: SECRET, retry: 1 }),
    testing.delivery('payment.purchase', { secret: SECRET, subStatus: 'THREE_D_SECURE_VERIFIED' }),
    testing.delivery('payment.refund', { secret: SECRET }),
  ]
  const json = JSON.stringify(send.map(({ body, headers }) => ({ body: body.toString('base64'), headers })))
  const door = start('door.mjs', json)
  assert.equal(await door.ended, 0)
  assert.equal(door.told.text, '200\n200\n200\n200\n')
  const worker = start('worker.mjs')
  await until(async () => (await place.query("SELECT count(*) AS n FROM yuno_inbox WHERE state = 'done'"))[0].n === 3)
  worker.child.kill('SIGTERM')
  assert.equal(await worker.ended, 0)
  assert.equal(worker.told.text, 'not for us payment.refund\n')
  assert.deepEqual(
    (await place.query('SELECT reference FROM shipments')).map(({ reference }) => reference),
    ['order-1001'],
  )
})
