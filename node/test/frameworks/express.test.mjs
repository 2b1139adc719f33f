// Express 4 and 5, before the body parsers and after them.
import { createServer } from 'node:http'
import { test } from 'node:test'
import express5 from 'express'
import express4 from 'express4'
import supertest from 'supertest'
import { middleware } from 'yuno-webhooks/express'
import { delivery } from 'yuno-webhooks/testing'
import { checkAdapter, checkParsed, makeReceiver, PATH, SECRET, serve } from './cases.mjs'

for (const [name, express] of Object.entries({ 'Express 4': express4, 'Express 5': express5 })) {
  checkAdapter(name, ({ receiver, ...route }) => {
    const app = express().use(middleware(receiver, route), express.json())
    return serve(createServer(app))
  })

  checkAdapter(`${name}, routed by itself`, ({ receiver, path }) => {
    const app = express()
    app.post([path, '/v1/banking/transfers', '/v1/baas/transfers'], middleware(receiver))
    return serve(createServer(app))
  })

  // The limits are express.raw's here, and a body that is too long is refused by it.
  checkAdapter(
    `${name} after express.raw`,
    ({ receiver, ...route }) => {
      const app = express().use(express.raw({ type: '*/*', limit: receiver.maxBodyBytes, inflate: false }), middleware(receiver, route))
      app.use((error, _request, response, _next) => response.status(error.status).end())
      return serve(createServer(app))
    },
    { streams: false },
  )

  checkAdapter(
    `${name} after express.json that keeps the bytes`,
    ({ receiver, ...route }) => {
      const app = express()
      const verify = (request, _response, bytes) => {
        request.rawBody = bytes
      }
      app.use(express.json({ limit: receiver.maxBodyBytes, inflate: false, verify }), middleware(receiver, route))
      app.use((error, _request, response, _next) => response.status(error.status).end())
      return serve(createServer(app))
    },
    { streams: false, keeps: false },
  )

  checkParsed(
    name,
    ({ receiver }) => serve(createServer(express().use(express.json({ limit: '2mb' }), middleware(receiver)))),
    /In Express put the receiver before app\.use\(express\.json\(\)\).*limit/,
  )
}

test('a delivery for tests is what supertest takes', async () => {
  const app = express5().use(middleware(makeReceiver().receiver, { path: PATH }))
  const purchase = delivery('payment.purchase', { secret: SECRET })
  for (const [one, status] of [
    [purchase, 200],
    [purchase.forged(), 401],
  ]) {
    await supertest(app).post(PATH).set(one.headers).send(String(one.body)).expect(status)
  }
})
