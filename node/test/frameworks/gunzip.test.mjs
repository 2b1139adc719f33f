// A hook that unpacks bodies fails on what is not packed: it must not end the process.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGunzip } from 'node:zlib'
import fastify5 from 'fastify'
import { Receiver, Verifier } from 'yuno-webhooks'
import { plugin } from 'yuno-webhooks/fastify'

test('a stream that a hook put there may fail after the answer', async () => {
  const app = fastify5()
  app.addHook('preParsing', (_request, _reply, payload, done) => done(null, payload.pipe(createGunzip())))
  const receiver = new Receiver(new Verifier({ hmacSecret: 's' }), { fallback: () => {} })
  app.register(plugin, { receiver, path: '/w' })
  const request = {
    method: 'POST',
    url: '/w',
    headers: { 'content-encoding': 'gzip', 'content-type': 'application/json' },
    payload: 'notgzip!',
  }
  const { statusCode } = await app.inject(request)
  assert.equal(statusCode, 415)
  await new Promise((resolve) => setTimeout(resolve, 50))
  await app.close()
})
