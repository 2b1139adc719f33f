// A server for handlers of Web requests, as the frameworks make them.
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { serve } from './cases.mjs'

export function serveWeb(handle) {
  return serve(
    createServer(async (incoming, outgoing) => {
      const headers = new Headers()
      for (let at = 0; at < incoming.rawHeaders.length; at += 2) headers.append(incoming.rawHeaders[at], incoming.rawHeaders[at + 1])
      const withBody = incoming.method === 'GET' ? {} : { body: Readable.toWeb(incoming), duplex: 'half' }
      const request = new Request(`http://a${incoming.url}`, { method: incoming.method, headers, ...withBody })
      const response = await handle(request)
      outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(Buffer.from(await response.arrayBuffer()))
    }),
  )
}
