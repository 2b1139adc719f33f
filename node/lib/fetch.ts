/**
 * Receives deliveries as Web requests: Next's App Router, Hono, SvelteKit, Remix, Bun and Deno.
 *
 * @module
 */

import { Door, type RouteOptions } from './door'
import { Gathered, isOtherLength } from './gathered'
import type { WebRequest, WebResponse } from './host'
import { BodyParsedError } from './parsed'
import { checkReceiver, type Receiver } from './receiver'

const FIX =
  'Give the handler the request itself, before request.json(), request.text() or a middleware reads it; ' +
  'if others need the body too, give them request.clone().'

/** A handler of Web requests: `export const POST = handler(receiver)`. Other methods are answered 405, and other paths 404 if `path` is given. */
export function handler(receiver: Receiver, options: RouteOptions = {}): (request: WebRequest) => Promise<WebResponse> {
  checkReceiver(receiver, 'handler')
  const door = new Door(options, 'handler')
  return async (request) => {
    const refused = door.refuse(request.method, new URL(request.url, 'http://localhost').pathname)
    return toResponse(refused === null ? await receive(receiver, request) : { status: refused, body: '' })
  }
}

async function receive(receiver: Receiver, request: Request): Promise<{ status: number; body: string }> {
  const { headers } = request
  const refused = receiver.admit({ contentLength: headers.get('content-length'), contentEncoding: headers.get('content-encoding') })
  if (refused !== null) {
    return refused
  }
  if (request.bodyUsed || request.body?.locked) {
    return receiver.fail(new BodyParsedError(FIX))
  }
  let bytes: Buffer
  try {
    bytes = await read(request.body, receiver.maxBodyBytes)
  } catch {
    // The body broke off: nobody is there to be answered.
    return { status: 400, body: '' }
  }
  if (isOtherLength(bytes, headers.get('content-length'), receiver.maxBodyBytes)) {
    return receiver.fail(new BodyParsedError(FIX))
  }
  return receiver.receive(bytes, headers)
}

/** The bytes up to one chunk past the limit. */
async function read(body: Request['body'], limit: number): Promise<Buffer> {
  const gathered = new Gathered(limit)
  const reader = body?.getReader()
  for (let isPast = false; reader !== undefined && !isPast; ) {
    const { done, value } = await reader.read()
    if (done) {
      return gathered.bytes
    }
    isPast = gathered.add(value)
  }
  // Not waited for: some hosts end it only with the connection.
  reader?.cancel().catch(() => {})
  return gathered.bytes
}

function toResponse({ status, body }: { status: number; body: string }): Response {
  const headers: Record<string, string> = body === '' ? {} : { 'content-type': 'application/json' }
  return new Response(body === '' ? null : body, { status, headers: status === 405 ? { allow: 'POST' } : headers })
}
