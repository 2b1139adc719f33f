// The adapters fit the frameworks' own types. Compiled by tsc, never run.
import { NestFactory } from '@nestjs/core'
import type { NestExpressApplication } from '@nestjs/platform-express'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import type { ALBEvent, ALBResult, APIGatewayProxyEvent, APIGatewayProxyEventV2, APIGatewayProxyResult, Handler } from 'aws-lambda'
import express from 'express'
import fastify5 from 'fastify'
import fastify4 from 'fastify4'
import { Hono } from 'hono'
import { Receiver, Verifier } from 'yuno-webhooks'
import { handler as lambda } from 'yuno-webhooks/aws-lambda'
import { middleware } from 'yuno-webhooks/express'
import { plugin } from 'yuno-webhooks/fastify'
import { handler } from 'yuno-webhooks/fetch'
import { mount } from 'yuno-webhooks/nest'

const receiver = new Receiver(Verifier.fromEnv(), { fallback: (event) => console.log(event.kind) })

express()
  .use(middleware(receiver, { path: '/a', fixedPaths: true }))
  .post('/a', middleware(receiver))
fastify4().register(plugin, { receiver, path: '/a' })
fastify5().register(plugin, { receiver, path: '/a', fixedPaths: true, prefix: '/b' })
new Hono().post('/a', (context) => handler(receiver)(context.req.raw))
mount(await NestFactory.create<NestExpressApplication>(class {}), receiver, { path: '/a' })
mount(await NestFactory.create<NestFastifyApplication>(class {}), receiver, { path: '/a' })
export const proxy: (event: APIGatewayProxyEvent) => Promise<APIGatewayProxyResult> = lambda(receiver)
export const http: (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyResult> = lambda(receiver)
export const balanced: (event: ALBEvent) => Promise<ALBResult> = lambda(receiver)
export const named: Handler<APIGatewayProxyEventV2> = lambda(receiver)
export const POST: (request: Request) => Promise<Response> = handler(receiver)
