// Nest on Express and on Fastify: mounted before its parsers, and in a controller with rawBody.
import 'reflect-metadata'
import { Controller, Module, Post, Req, Res } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { mount, receive } from 'yuno-webhooks/nest'
import { checkAdapter, checkParsed } from './cases.mjs'

class Empty {}
Module({})(Empty)

/** A controller without the syntax of decorators, which Node does not read. */
function controlled(receiver, paths) {
  class Webhooks {
    receive(request, response) {
      return receive(receiver, request, response)
    }
  }
  Controller()(Webhooks)
  const method = Object.getOwnPropertyDescriptor(Webhooks.prototype, 'receive')
  Post(paths)(Webhooks.prototype, 'receive', method)
  Req()(Webhooks.prototype, 'receive', 0)
  Res()(Webhooks.prototype, 'receive', 1)
  class App {}
  Module({ controllers: [Webhooks] })(App)
  return App
}

async function listen(app) {
  await app.listen(0, '127.0.0.1')
  const server = app.getHttpServer()
  const close = () => {
    server.closeAllConnections()
    return app.close()
  }
  return { port: server.address().port, close }
}

const ADAPTERS = { 'Nest on Express': () => [], 'Nest on Fastify': () => [new FastifyAdapter()] }

for (const [name, adapter] of Object.entries(ADAPTERS)) {
  checkAdapter(`${name}, mounted`, async ({ receiver, ...route }) => {
    const app = await NestFactory.create(Empty, ...adapter(), { logger: false })
    mount(app, receiver, route)
    return listen(app)
  })

  checkAdapter(
    `${name}, in a controller`,
    async ({ receiver, path }) => {
      const paths = [path, 'v1/banking/transfers', 'v1/baas/transfers']
      const app = await NestFactory.create(controlled(receiver, paths), ...adapter(), { logger: false, rawBody: true })
      app.useBodyParser(name.endsWith('Express') ? 'json' : 'application/json', {
        limit: receiver.maxBodyBytes,
        bodyLimit: receiver.maxBodyBytes,
      })
      return listen(app)
    },
    { streams: false, keeps: false },
  )

  checkParsed(
    name,
    async ({ receiver, path }) => listen(await NestFactory.create(controlled(receiver, [path]), ...adapter(), { logger: false })),
    /In Nest call mount.*rawBody: true.*limit/,
  )
}
