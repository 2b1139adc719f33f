// The adapters that need no framework: node:http, Web requests and Lambda; and the module systems.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { handler as lambda } from 'yuno-webhooks/aws-lambda'
import { handler } from 'yuno-webhooks/fetch'
import { listener } from 'yuno-webhooks/http'
import { checkAdapter, checkParsed, makeReceiver, serve } from './cases.mjs'
import { serveWeb } from './web.mjs'

const require = createRequire(import.meta.url)

checkAdapter('node:http', ({ receiver, ...route }) => serve(createServer(listener(receiver, route))))
checkParsed(
  'node:http',
  ({ receiver }) =>
    serve(
      createServer(async (request, response) => {
        for await (const _ of request);
        await listener(receiver)(request, response)
      }),
    ),
  /raw bytes/,
)
checkParsed(
  'node:http with an encoding',
  ({ receiver }) => serve(createServer((request, response) => listener(receiver)(request.setEncoding('utf8'), response))),
  /raw bytes/,
)

// A Web Headers joins what repeats, and the comma matches nothing.
checkAdapter('fetch', ({ receiver, ...route }) => serveWeb(handler(receiver, route)), { repeated: 'SIGNATURE_MALFORMED' })
for (const [how, read] of Object.entries({
  'request.json()': (request) => request.json(),
  'a reader': async (request) => request.body.getReader(),
})) {
  checkParsed(
    `fetch after ${how}`,
    ({ receiver }) => serveWeb((request) => read(request).then(() => handler(receiver)(request))),
    /request\.clone/,
  )
}

/** The gateways: each makes its own event of a request. */
const GATEWAYS = {
  'Lambda, payload 1.0': (request, body) => ({
    httpMethod: request.method,
    path: request.url.split('?')[0],
    headers: Object.fromEntries(Object.entries(request.headersDistinct).map(([name, values]) => [name, values.at(-1)])),
    multiValueHeaders: request.headersDistinct,
    requestContext: { stage: 'prod' },
    body: body.toString('base64'),
    isBase64Encoded: true,
  }),
  'Lambda, payload 2.0': (request, body) => ({
    version: '2.0',
    rawPath: `/prod${request.url.split('?')[0]}`,
    headers: Object.fromEntries(Object.entries(request.headersDistinct).map(([name, values]) => [name, values.join(',')])),
    requestContext: { stage: 'prod', http: { method: request.method } },
    body: body.length === 0 ? undefined : body.toString('utf8'),
    isBase64Encoded: false,
  }),
  'Lambda behind a load balancer': (request, body) => ({
    httpMethod: request.method,
    path: request.url.split('?')[0],
    multiValueHeaders: request.headersDistinct,
    requestContext: { elb: { targetGroupArn: 'a' } },
    body: body.toString('utf8'),
    isBase64Encoded: false,
  }),
}

/** A gateway refuses by itself what is longer than it passes on, so what is longer than the declared length is cut here. */
function serveLambda(receiver, route, toEvent) {
  const handle = lambda(receiver, route)
  return serve(
    createServer(async (request, response) => {
      const chunks = []
      const early = Number(request.headers['content-length']) > 1 << 24
      for await (const chunk of early ? [] : request) chunks.push(chunk)
      const result = await handle(toEvent(request, Buffer.concat(chunks)))
      const lists = result.multiValueHeaders ?? {}
      response.writeHead(result.statusCode, { ...result.headers, ...lists }).end(result.body)
    }),
  )
}

for (const [name, toEvent] of Object.entries(GATEWAYS)) {
  checkAdapter(name, ({ receiver, ...route }) => serveLambda(receiver, route, toEvent), {
    repeated: name.includes('2.0') ? 'SIGNATURE_MALFORMED' : 'HEADER_REPEATED',
    streams: false,
  })
}

test('Lambda: a body that a middleware parsed is a named error', async () => {
  const { receiver, told } = makeReceiver()
  const result = await lambda(receiver)({ httpMethod: 'POST', headers: {}, body: { a: 1 } })
  assert.deepEqual([result.statusCode, told.errors[0][0].code], [500, 'BODY_PARSED'])
})

test('an adapter by require is the adapter by import', async () => {
  for (const name of ['aws-lambda', 'express', 'fastify', 'fetch', 'http', 'nest', 'testing']) {
    const [imported, required] = [await import(`yuno-webhooks/${name}`), require(`yuno-webhooks/${name}`)]
    for (const [word, value] of Object.entries(required)) assert.equal(imported[word], value, `${name}: ${word}`)
  }
})

test('a route that cannot be is refused', () => {
  const { receiver } = makeReceiver()
  for (const options of [{ path: 'webhooks' }, { path: 5 }, { fixedPaths: true }, { path: '/a', fixedPaths: 1 }, { paths: ['/a'] }]) {
    assert.throws(() => listener(receiver, options), { name: 'TypeError', code: 'INVALID_ARGUMENT' })
  }
})
