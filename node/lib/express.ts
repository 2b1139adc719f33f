/**
 * Receives deliveries in Express 4 and 5.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { Door, pathOf, type RouteOptions } from './door'
import { receiveIncoming, write } from './incoming'
import { checkReceiver, type Receiver } from './receiver'

const FIX =
  'In Express put the receiver before app.use(express.json()), with its path: app.use(middleware(receiver, { path: "/webhooks/yuno" })). ' +
  'Or keep the bytes: express.json({ limit: receiver.maxBodyBytes, verify: (request, response, bytes) => { request.rawBody = bytes } }).'

/**
 * A middleware, to stand before any body parser. With `path` it takes the deliveries at that path and leaves other requests to the next; without
 * one it takes every request that Express routes to it, as in `app.post('/webhooks/yuno', middleware(receiver))`.
 */
export function middleware(
  receiver: Receiver,
  options: RouteOptions = {},
): (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => Promise<void> {
  checkReceiver(receiver, 'middleware')
  const door = new Door(options, 'middleware')
  return async (request, response, next) => {
    const refused = door.refuse(request.method, pathOf(request.url))
    if (refused === 404) {
      next()
      return
    }
    const reply = refused === null ? await receiveIncoming(receiver, request, { fix: FIX }) : { status: refused, body: '' }
    if (reply !== null) {
      write(request, response, reply)
    }
  }
}
