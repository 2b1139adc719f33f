// Fastify 4 and 5; and app.inject.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fastify5 from 'fastify'
import fastify4 from 'fastify4'
import { Receiver, Verifier } from 'yuno-webhooks'
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
    const { receiver } = makeReceiver()
    for (const [options, text] of [
      [{ path: PATH }, /receiver must be a Receiver/],
      [{ receiver }, /path must be the path/],
      [{ receiver, path: PATH, fixedPath: true }, /plugin has no option "fixedPath"\. Did you mean fixedPaths\?/],
    ]) {
      const app = fastify()
      app.register(plugin, options)
      await assert.rejects(async () => app.ready(), { code: 'INVALID_ARGUMENT', message: text })
    }
    const app = fastify()
    app.register(plugin, { receiver, path: PATH, prefix: '/a', logLevel: 'warn', logSerializers: {} })
    const { statusCode } = await app.inject(delivery('payment.purchase', { secret: SECRET }).inject(`/a${PATH}`))
    assert.equal(statusCode, 200)
    await app.close()
  })

  /** Sends a delivery that is refused and one whose handler fails; gives what the app's log has of them. */
  const sendBad = async (options, logger) => {
    const lines = []
    const app = fastify({ logger: logger && { level: 'warn', stream: { write: (line) => lines.push(JSON.parse(line)) } } })
    const fallback = async () => {
      throw new Error('the database is away')
    }
    app.register(plugin, { receiver: new Receiver(new Verifier({ hmacSecret: SECRET }), { fallback, ...options }), path: PATH })
    const purchase = delivery('payment.purchase', { secret: SECRET })
    const statuses = []
    for (const one of [purchase.forged(), purchase.forged(), purchase]) statuses.push((await app.inject(one.inject(PATH))).statusCode)
    assert.deepEqual(statuses, [401, 401, 503])
    await app.close()
    return lines
  }

  test(`${name}: what no observer is told, the request's log is`, async (t) => {
    const [warned, printed] = [t.mock.method(process, 'emitWarning', () => {}), t.mock.method(console, 'error', () => {})]
    const [refused, again, failed] = await sendBad({}, true)
    for (const line of [refused, again]) {
      assert.deepEqual([line.level, line.code], [40, 'SIGNATURE_MISMATCH'])
      assert.match(line.msg, /^yuno-webhooks: a delivery was refused: SIGNATURE_MISMATCH$/)
    }
    assert.notEqual(refused.reqId, again.reqId)
    assert.deepEqual([failed.level, failed.err.message, failed.kind], [50, 'the database is away', 'payment.purchase'])
    assert.match(failed.dedupeKey, /^y1-/)
    assert.deepEqual([warned.mock.callCount(), printed.mock.callCount()], [0, 0])
  })

  test(`${name}: an app without a logger loses nothing`, async (t) => {
    const [warned, printed] = [t.mock.method(process, 'emitWarning', () => {}), t.mock.method(console, 'error', () => {})]
    await sendBad({}, false)
    assert.deepEqual([warned.mock.callCount(), printed.mock.callCount()], [1, 1])
  })

  test(`${name}: the observers come before the log`, async () => {
    const told = []
    const tell = (error) => told.push(error.code ?? error.message)
    assert.deepEqual(await sendBad({ onRefused: tell, onError: tell }, true), [])
    assert.deepEqual(told, ['SIGNATURE_MISMATCH', 'SIGNATURE_MISMATCH', 'the database is away'])
  })
}
