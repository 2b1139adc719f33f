// Frameworks without an adapter of their own: Koa, Hono and Next, by the adapters of node:http and of Web requests.
import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import Koa from 'koa'
import { handler } from 'yuno-webhooks/fetch'
import { listener } from 'yuno-webhooks/http'
import { checkAdapter, checkParsed, serve } from './cases.mjs'

checkAdapter('Koa', ({ receiver, ...route }) => {
  const listen = listener(receiver, route)
  const app = new Koa()
  app.use((context) => {
    context.respond = false
    return listen(context.req, context.res)
  })
  return serve(createServer(app.callback()))
})

// Hono's server for Node makes a Web Headers, which joins what repeats.
checkAdapter(
  'Hono',
  ({ receiver, path }) => {
    const app = new Hono()
    for (const one of [path, '/v1/banking/transfers', '/v1/baas/transfers']) app.post(one, (context) => handler(receiver)(context.req.raw))
    return serve(createServer(getRequestListener(app.fetch)))
  },
  { repeated: 'SIGNATURE_MALFORMED' },
)

checkParsed(
  'Hono after context.req.json()',
  ({ receiver, path }) => {
    const app = new Hono()
    app.post(path, async (context) => {
      await context.req.json()
      return handler(receiver)(context.req.raw)
    })
    return serve(createServer(getRequestListener(app.fetch)))
  },
  /request\.clone/,
)
