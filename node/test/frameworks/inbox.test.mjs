// A receiver with an inbox in each framework: the answer says that the delivery is stored.
import 'reflect-metadata'
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import express from 'express'
import fastify from 'fastify'
import { Receiver, Verifier } from 'yuno-webhooks'
import * as lambda from 'yuno-webhooks/aws-lambda'
import { middleware } from 'yuno-webhooks/express'
import { plugin } from 'yuno-webhooks/fastify'
import * as web from 'yuno-webhooks/fetch'
import { listener } from 'yuno-webhooks/http'
import { SqliteInbox } from 'yuno-webhooks/inbox'
import { mount } from 'yuno-webhooks/nest'
import { delivery } from 'yuno-webhooks/testing'
import { PATH, SECRET, send, serve } from './cases.mjs'

const folder = mkdtempSync(join(tmpdir(), 'yuno-webhooks-inbox-'))
const inbox = await SqliteInbox.open(join(folder, 'inbox.db'))
const receiver = new Receiver(new Verifier({ hmacSecret: SECRET }), { inbox })
after(async () => {
  await inbox.close()
  rmSync(folder, { recursive: true, force: true })
})

class Empty {}
Module({})(Empty)

/** Sends a delivery to a server that listens. */
async function overHttp(server, { body, headers }) {
  const { port, close } = await serve(server)
  try {
    return (await send(port, { body, fields: headers })).status
  } finally {
    await close()
  }
}

const hosts = {
  express: (one) => overHttp(createServer(express().use(middleware(receiver, { path: PATH }))), one),
  http: (one) => overHttp(createServer(listener(receiver, { path: PATH })), one),
  fetch: async (one) => (await web.handler(receiver)(one.request())).status,
  lambda: async ({ body, headers }) => {
    const event = { httpMethod: 'POST', path: PATH, headers, body: body.toString('base64'), isBase64Encoded: true }
    return (await lambda.handler(receiver)(event)).statusCode
  },
  fastify: async (one) => {
    const app = fastify()
    app.register(plugin, { receiver, path: PATH })
    const { statusCode } = await app.inject(one.inject(PATH))
    await app.close()
    return statusCode
  },
  nest: async (one) => {
    const app = await NestFactory.create(Empty, { logger: false })
    mount(app, receiver, { path: PATH })
    await app.init()
    return overHttp(app.getHttpServer(), one)
  },
}

for (const [name, answer] of Object.entries(hosts)) {
  test(name, async () => {
    const one = delivery('payment.purchase', { secret: SECRET, id: name })
    const { dedupeKey } = new Verifier({ hmacSecret: SECRET }).verify(one.body, one.headers)
    assert.deepEqual([await answer(one), await answer(one.redelivered(1)), await answer(one.forged())], [200, 200, 401])
    const { state, duplicates } = await inbox.find(dedupeKey)
    assert.deepEqual([state, duplicates], ['pending', 1])
  })
}
