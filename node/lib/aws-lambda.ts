/**
 * Receives deliveries in AWS Lambda: behind API Gateway (payloads 1.0 and 2.0), a function URL, or a load balancer.
 *
 * @module
 */

import { Door, type RouteOptions } from './door'
import { isOtherLength } from './gathered'
import { BodyParsedError } from './parsed'
import { checkReceiver, type Receiver } from './receiver'

type Fields = Readonly<Record<string, string | undefined>>

/** What the handler reads of an event; those of `@types/aws-lambda` fit. */
export interface LambdaEvent {
  readonly body?: string | null | undefined
  readonly isBase64Encoded?: boolean | undefined
  readonly headers?: Fields | null | undefined
  readonly multiValueHeaders?: Readonly<Record<string, string[] | undefined>> | null | undefined
  /** Of payload 1.0 and of a load balancer. */
  readonly httpMethod?: string | undefined
  readonly path?: string | undefined
  /** Of payload 2.0. */
  readonly rawPath?: string | undefined
  /** Its `stage`, and of payload 2.0 its `http.method`. */
  readonly requestContext?: object | undefined
}

export interface LambdaResult {
  statusCode: number
  headers: Record<string, string>
  multiValueHeaders?: Record<string, string[]>
  body: string
  isBase64Encoded: boolean
}

const FIX =
  'In Lambda give the handler the event as it came, before a middleware (Middy’s http-json-body-parser) or a mapping template turns its body into an object.'

/** A handler: `exports.handler = handler(receiver)`. */
export function handler(receiver: Receiver, options: RouteOptions = {}): (event: LambdaEvent) => Promise<LambdaResult> {
  checkReceiver(receiver, 'handler')
  const door = new Door(options, 'handler')
  return async (event) => {
    const refused = door.refuse(contextOf(event).http?.method ?? event.httpMethod, pathOf(event))
    return toResult(event, refused === null ? await receive(receiver, event) : { status: refused, body: '' })
  }
}

async function receive(receiver: Receiver, event: LambdaEvent): Promise<{ status: number; body: string }> {
  const { body, isBase64Encoded } = event
  const several = event.multiValueHeaders ?? {}
  const headers = Object.keys(several).length > 0 ? several : (event.headers ?? {})
  const refused = receiver.admit({
    contentLength: headerOf(headers, 'content-length'),
    contentEncoding: headerOf(headers, 'content-encoding'),
  })
  if (refused !== null) {
    return refused
  }
  if (body !== undefined && body !== null && typeof body !== 'string') {
    return receiver.fail(new BodyParsedError(FIX))
  }
  const bytes = Buffer.from(body ?? '', isBase64Encoded === true ? 'base64' : 'utf8')
  if (isOtherLength(bytes, headerOf(headers, 'content-length'), receiver.maxBodyBytes)) {
    return receiver.fail(new BodyParsedError(FIX))
  }
  return receiver.receive(bytes, headers)
}

function headerOf(headers: Readonly<Record<string, string | readonly string[] | undefined>>, name: string): string | undefined {
  const values = Object.entries(headers).flatMap(([own, value]) => (own.toLowerCase() === name ? (value ?? []) : []))
  return values.length === 0 ? undefined : values.join(', ')
}

function contextOf({ requestContext }: LambdaEvent): { stage?: string; http?: { method: string } } {
  return requestContext ?? {}
}

/** Payload 2.0 puts the stage before the path, except where it is the default one. */
function pathOf(event: LambdaEvent): string {
  const { rawPath, path } = event
  const stage = `/${contextOf(event).stage}/`
  return rawPath?.startsWith(stage) ? rawPath.slice(stage.length - 1) : (rawPath ?? path ?? '/')
}

function toResult(event: LambdaEvent, { status, body }: { status: number; body: string }): LambdaResult {
  const headers: Record<string, string> = {
    ...(body !== '' && { 'content-type': 'application/json' }),
    ...(status === 405 && { allow: 'POST' }),
  }
  const result: LambdaResult = { statusCode: status, headers, body, isBase64Encoded: false }
  // A load balancer that sends lists takes nothing but lists.
  if (event.multiValueHeaders && !event.headers) {
    result.multiValueHeaders = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]))
  }
  return result
}
