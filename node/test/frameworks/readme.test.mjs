// Every snippet of the README that needs a framework runs as it stands, with the README's own receiver: it ships once, and only what was paid.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { delivery, headers } from 'yuno-webhooks/testing'
import { PATH, SECRET, send, serve } from './cases.mjs'
import { serveWeb } from './web.mjs'

process.env.YUNO_WEBHOOK_HMAC_SECRET = SECRET
const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const snippets = [...README.matchAll(/([^\n]*)\n\n```js\n(.*?)^```/gms)].map(([, title, code]) => ({ title, code }))
const receiver = snippets.find(({ code }) => code.startsWith('// receiver.mjs'))
const served = snippets.filter(({ code }) => code.includes("from './receiver.mjs'"))

// Inside this package, so that a snippet finds the frameworks by their names.
const root = mkdtempSync(fileURLToPath(new URL('.readme-', import.meta.url)))
after(() => rmSync(root, { recursive: true, force: true }))

/** Serves whatever a snippet exports. */
async function serveExports({ default: page, app, server, POST, handler }) {
  if (app?.getHttpAdapter) {
    app.useLogger(false)
    await app.init()
    return serve(app.getHttpServer())
  }
  if (app?.inject) {
    await app.ready()
    return serve(app.server)
  }
  if (app?.fetch) return serveWeb(app.fetch)
  if (POST) return serveWeb(POST)
  if (handler) return serve(createServer(gateway(handler)))
  return serve(server ?? createServer(app?.callback?.() ?? app ?? page))
}

function gateway(handler) {
  return async (request, response) => {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString('base64')
    const result = await handler({ httpMethod: 'POST', path: request.url, headers: request.headers, body, isBase64Encoded: true })
    response.writeHead(result.statusCode, result.headers).end(result.body)
  }
}

test('the README has a receiver, and snippets that use it', () => {
  assert(receiver)
  assert(served.length >= 9, `${served.length}`)
})

for (const [place, { title, code }] of served.entries()) {
  test(`README: ${title}`, async (t) => {
    const log = t.mock.method(console, 'log', () => {})
    t.mock.method(console, 'warn', () => {})
    const folder = mkdtempSync(join(root, `${place}-`))
    writeFileSync(join(folder, 'receiver.mjs'), receiver.code)
    writeFileSync(join(folder, 'snippet.mjs'), code)
    const host = await serveExports(await import(pathToFileURL(join(folder, 'snippet.mjs')).href))
    try {
      const status = async ({ body, headers: fields }) => (await send(host.port, { path: PATH, body, fields })).status
      const purchase = delivery('payment.purchase', { secret: SECRET })
      const check = delivery('payment.purchase', { secret: SECRET, subStatus: 'THREE_D_SECURE_VERIFIED' })
      const declined = delivery('payment.purchase', { secret: SECRET, transactionStatus: 'DECLINED' })
      const other = delivery('payment.refund', { secret: SECRET })
      const large = Buffer.concat([other.body, Buffer.alloc(3 << 19, ' ')])
      const list = Buffer.from('[1]')
      const sent = [purchase, purchase.redelivered(1), check, declined, other, { body: large, headers: headers(large, SECRET) }]
      for (const one of [...sent, { body: list, headers: headers(list, SECRET) }]) assert.equal(await status(one), 200)
      for (const one of [purchase.forged(), purchase.unsigned(), purchase.tampered()]) assert.equal(await status(one), 401)
      const lines = log.mock.calls.map((call) => call.arguments.join(' '))
      assert.deepEqual(lines, ['ship order-1001', 'not for us payment.refund', 'not for us payment.refund'])
    } finally {
      await host.close()
    }
  })
}
