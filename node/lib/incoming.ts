import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { type Body, FIX } from './body'
import type { Reply } from './delivery'
import { Gathered, isOtherLength } from './gathered'
import { BodyParsedError } from './parsed'
import type { Log, Receiver } from './receiver'

/** A request of Node, and what frameworks put on it. */
export type Incoming = IncomingMessage & { readonly body?: unknown; readonly rawBody?: unknown }

interface Source {
  readonly stream?: Readable
  readonly kept?: unknown[]
  readonly fix?: string
  readonly log?: Log | undefined
}

/** Receives a delivery from a request of Node; null if its sender went away. It never rejects. */
export async function receiveIncoming(
  receiver: Receiver,
  request: Incoming,
  { stream = request, kept = [request.rawBody, request.body], fix = FIX, log }: Source = {},
): Promise<Reply | null> {
  const { headers } = request
  const refused = receiver.admit({ contentLength: headers['content-length'], contentEncoding: headers['content-encoding'] }, log)
  if (refused !== null) {
    return refused
  }
  // Bytes that a raw parser kept (express.raw, Nest's rawBody) are as good as the stream's.
  const bytes = kept.find((one) => one instanceof Uint8Array) ?? (await read(stream, receiver.maxBodyBytes))
  if (bytes === undefined || (bytes instanceof Uint8Array && isOtherLength(bytes, headers['content-length'], receiver.maxBodyBytes))) {
    return receiver.fail(new BodyParsedError(fix), log)
  }
  // The raw headers show a repeated one; imitations of a request may lack them.
  return bytes === null ? null : receiver.receive(bytes as Body, request.rawHeaders?.length > 0 ? request.rawHeaders : headers, log)
}

/** The bytes up to one chunk past the limit; undefined if others took them, null if the sender went away. */
function read(stream: Readable, limit: number): Promise<Buffer | null | undefined> {
  if (stream.readableDidRead || stream.readableEnded || stream.readableEncoding !== null) {
    return Promise.resolve(undefined)
  }
  if (stream.destroyed) {
    return Promise.resolve(null)
  }
  return new Promise((resolve) => {
    const gathered = new Gathered(limit)
    const give = (bytes: Buffer | null) => {
      stream.off('data', take).off('end', finish).off('close', lose)
      resolve(bytes)
    }
    // Over HTTP/2 a request that was broken off ends like a whole one.
    const finish = () => give(isAborted(stream) ? null : gathered.bytes)
    const lose = () => give(null)
    const take = (chunk: Buffer) => {
      if (gathered.add(chunk)) {
        stream.pause()
        give(gathered.bytes)
      }
    }
    // The listener for errors stays: what breaks after the limit must not end the process.
    stream.on('data', take).on('end', finish).on('close', lose).on('error', lose)
  })
}

function isAborted(stream: Readable & { aborted?: boolean; stream?: { aborted?: boolean } }): boolean {
  return stream.aborted === true || stream.stream?.aborted === true
}

/** Writes a reply; the connection ends with it where the body was not read to its end, so that nobody reads the rest. */
export function write(request: IncomingMessage, response: ServerResponse, { status, body }: { status: number; body: string }): void {
  if (response.headersSent || response.destroyed) {
    return
  }
  const fields = {
    'content-length': Buffer.byteLength(body),
    ...(body !== '' && { 'content-type': 'application/json' }),
    ...(status === 405 && { allow: 'POST' }),
    ...(!request.complete && request.httpVersionMajor < 2 && { connection: 'close' }),
  }
  response.writeHead(status, fields).end(body)
}
