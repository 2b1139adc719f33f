/**
 * Receives deliveries in Nest, on Express and on Fastify.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RouteOptions } from './door'
import { wrongArgument } from './errors'
import { middleware } from './express'
import { plugin } from './fastify'
import { type Incoming, receiveIncoming, write } from './incoming'
import { checkReceiver, type Receiver } from './receiver'

/** What `mount` uses of a Nest application. */
interface Application {
  // biome-ignore lint/suspicious/noExplicitAny: Nest's own types of these two are any
  use(...given: any[]): unknown
  // biome-ignore lint/suspicious/noExplicitAny: as above
  getHttpAdapter(): { getType(): string; getInstance(): any }
}

const FIX =
  'In Nest call mount(app, receiver, { path: "/webhooks/yuno" }) after NestFactory.create and before app.listen; or, to receive in a controller, ' +
  'NestFactory.create(AppModule, { rawBody: true }) and app.useBodyParser("json", { limit: receiver.maxBodyBytes }).'

/** Receives at `path`, before Nest's body parsers. Call it after `NestFactory.create` and before `app.listen` or `app.init`. */
export function mount(app: Application, receiver: Receiver, options: RouteOptions & { readonly path: string }): void {
  checkReceiver(receiver, 'mount(app, receiver, options)')
  if (options?.path === undefined) {
    throw wrongArgument('path must be the path of the webhook: mount(app, receiver, { path: "/webhooks/yuno" }).')
  }
  const adapter = app.getHttpAdapter()
  if (adapter.getType() === 'fastify') {
    adapter.getInstance().register(plugin, { ...options, receiver })
  } else {
    app.use(middleware(receiver, options))
  }
}

/**
 * Receives in a controller's method, `receive(receiver, request, response)` with `@Req()` and `@Res()`, of an application made with `rawBody: true`.
 * Nest's own parsers read the body before: their limit must be raised to the receiver's, and a body that is no JSON does not get here.
 */
export async function receive(receiver: Receiver, request: unknown, response: unknown): Promise<void> {
  const { raw, rawBody, body } = request as Incoming & { readonly raw?: IncomingMessage }
  const incoming = (raw ?? request) as IncomingMessage
  const reply = await receiveIncoming(receiver, incoming, { kept: [rawBody, body], fix: FIX })
  const answer = response as ServerResponse & { readonly raw?: ServerResponse; hijack?(): void }
  // Fastify's reply: Nest must not answer once more.
  answer.hijack?.()
  if (reply !== null) {
    write(incoming, answer.raw ?? answer, reply)
  }
}
