// Fastify 4 and 5; and app.inject.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fastify5 from 'fastify'
import fastify4 from 'fastify4'
import { plugin } from 'yuno-webhooks/fastify'
import { delivery } from 'yuno-webhooks/testing'
import { checkAdapter, checkParsed, makeReceiver, PATH, SECRET } from './cases.mjs'

async function listen(app) {
  await app.listen({ port: 0, host: '127.0.0.1' })
  const close = () => {
    app.server.closeAllConnections()
    return app.close()
  }
  return { port: app.server.address().port, close }
}

for (const [name, fastify] of Object.entries({ 'Fastify 4': fastify4, 'Fastify 5': fastify5 })) {
  checkAdapter(name, ({ receiver, ...route }) => {
    const app = fastify()
    app.register(plugin, { receiver, ...route })
    return listen(app)
  })

  checkParsed(
    name,
    ({ receiver, path }) => {
      const app = fastify()
      app.addHook('preParsing', async (_request, _reply, payload) => {
        for await (const _ of payload);
        return payload
      })
      app.register(plugin, { receiver, path })
      return listen(app)
    },
    /In Fastify register the plugin/,
  )

  test(`${name}: the rest of the app keeps its parsers, and inject works`, async () => {
    const { receiver, told } = makeReceiver()
    const app = fastify()
    app.register(plugin, { receiver, path: PATH })
    app.post('/own', async (request) => request.body)
    const own = await app.inject({ method: 'POST', url: '/own', payload: { a: 1 } })
    assert.deepEqual(own.json(), { a: 1 })
    const purchase = delivery('payment.purchase', { secret: SECRET })
    const statuses = []
    for (const one of [purchase, purchase.forged()]) statuses.push((await app.inject(one.inject(PATH))).statusCode)
    assert.deepEqual([statuses, told.purchases.length], [[200, 401], 1])
    await app.close()
  })

  test(`${name}: wrong options stop the app from starting`, async () => {
    for (const options of [{ path: PATH }, { receiver: makeReceiver().receiver }]) {
      const app = fastify()
      app.register(plugin, options)
      await assert.rejects(async () => app.ready(), { code: 'INVALID_ARGUMENT' })
    }
  })
}
