/**
 * Receives deliveries in Fastify 4 and 5.
 *
 * @module
 */

import type { Readable } from 'node:stream'
import { Door, type RouteOptions } from './door'
import { wrongArgument } from './errors'
import { isA, known } from './given'
import { type Incoming, receiveIncoming } from './incoming'
import { type Log, Receiver } from './receiver'

export interface PluginOptions extends RouteOptions {
  readonly receiver: Receiver
  /** The path of the webhook, under the prefix of the plugin if it has one. */
  readonly path: string
}

const OPTIONS = ['receiver', 'path', 'fixedPaths'] as const
/** Those that Fastify itself takes of every plugin. */
const HOST_OPTIONS = ['prefix', 'logLevel', 'logSerializers'] as const

/** What the plugin uses of Fastify, the same in both releases. */
interface Instance {
  removeAllContentTypeParsers(): void
  addContentTypeParser(
    type: string,
    parser: (request: unknown, payload: Readable, done: (error: null, body: Readable) => void) => void,
  ): unknown
  route(options: {
    method: 'POST'
    url: string
    bodyLimit: number
    handler: (request: Request, reply: Answer) => Promise<unknown>
  }): unknown
}

interface Request {
  readonly raw: Incoming
  readonly body: unknown
  readonly log: RequestLog
}

type Write = (fields: object, text: string) => void

interface RequestLog {
  readonly warn: Write
  readonly error: Write
}

interface Answer {
  code(status: number): Answer
  header(name: string, value: string): Answer
  send(body?: string): Answer
  hijack(): unknown
}

const FIX =
  'In Fastify register the plugin before others that read bodies, and outside their scope: app.register(plugin, { receiver, path: "/webhooks/yuno" }).'

/** `app.register(plugin, { receiver, path })`. Its parsers are encapsulated: the rest of the app keeps its own. */
export async function plugin(instance: Instance, options: PluginOptions): Promise<void> {
  const { receiver, path, fixedPaths } = known(options ?? {}, [...OPTIONS, ...HOST_OPTIONS], 'plugin')
  if (!isA(receiver, Receiver)) {
    throw wrongArgument('receiver must be a Receiver: app.register(plugin, { receiver, path: "/webhooks/yuno" }).')
  }
  if (path === undefined) {
    throw wrongArgument('path must be the path of the webhook: app.register(plugin, { receiver, path: "/webhooks/yuno" }).')
  }
  const { paths } = new Door({ path, fixedPaths }, 'plugin')
  instance.removeAllContentTypeParsers()
  // The stream as it is: the receiver reads it, after a look at the headers, and stops at its own limit.
  instance.addContentTypeParser('*', (_request, payload, done) => {
    // A hook may have put a stream of its own there (one that unpacks), whose failure ends the process if nobody listens.
    payload.on('error', () => {})
    done(null, payload)
  })
  for (const url of paths) {
    instance.route({
      method: 'POST',
      url,
      bodyLimit: receiver.maxBodyBytes,
      handler: (request, answer) => handle(receiver, request, answer),
    })
  }
}

async function handle(receiver: Receiver, { raw, body, log }: Request, answer: Answer): Promise<unknown> {
  // Without a body Fastify calls no parser, and the stream is the request's own.
  const stream = (body ?? raw) as Readable
  const reply = await receiveIncoming(receiver, raw, { stream, kept: [], fix: FIX, log: logOf(log) })
  if (reply === null) {
    return raw.destroyed ? answer.hijack() : answer.code(400).send()
  }
  if (!raw.complete && raw.httpVersionMajor < 2) {
    answer.header('connection', 'close')
  }
  answer.code(reply.status)
  return reply.body === '' ? answer.send() : answer.header('content-type', 'application/json').send(reply.body)
}

/** An app that is made without a logger has one that does nothing, the same function for all: what matters must not go there. */
function logOf(log: RequestLog): Log | undefined {
  if (log.error === log.warn) {
    return undefined
  }
  return {
    onError: (err, { kind, dedupeKey }) => {
      log.error({ err, kind, dedupeKey }, `yuno-webhooks: ${kind === null ? 'a delivery could not be received' : 'a handler failed'}`)
    },
    onRefused: ({ code }) => {
      log.warn({ code }, `yuno-webhooks: a delivery was refused: ${code}`)
    },
  }
}
