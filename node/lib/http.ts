/**
 * Receives deliveries with `node:http` alone, and wherever a framework gives the request and the response of Node (Koa, Next's pages, Connect).
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { Door, pathOf, type RouteOptions } from './door'
import { receiveIncoming, write } from './incoming'
import { checkReceiver, type Receiver } from './receiver'

/** A listener for `createServer`. Other paths are answered 404, other methods 405. Its promise never rejects. */
export function listener(
  receiver: Receiver,
  options: RouteOptions = {},
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  checkReceiver(receiver, 'listener')
  const door = new Door(options, 'listener')
  return async (request, response) => {
    const refused = door.refuse(request.method, pathOf(request.url))
    const reply = refused === null ? await receiveIncoming(receiver, request) : { status: refused, body: '' }
    if (reply !== null) {
      write(request, response, reply)
    }
  }
}
