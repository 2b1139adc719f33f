// The server of bench_http.py in Node: Fastify, on a socket that is given by its number. Its arguments are that number and the name and address of a
// store: without them it calls a handler that does nothing.
import { createRequire } from 'node:module'

const PATH = '/webhooks/yuno'
const SECRET = 'a-bench-secret'
const require = createRequire(new URL('../../node/package.json', import.meta.url))
const { Receiver, Verifier } = require('yuno-webhooks')
const { plugin } = require('yuno-webhooks/fastify')
const { PostgresInbox, RedisInbox, SqliteInbox } = require('yuno-webhooks/inbox')
// Of the tests under the frameworks.
const fastify = createRequire(new URL('../../node/test/frameworks/package.json', import.meta.url))('fastify')

const STORES = {
  SqliteInbox: (address) => SqliteInbox.open(address),
  PostgresInbox: (address) => PostgresInbox.open({ connectionString: address }),
  RedisInbox: (address) => RedisInbox.open({ url: address }),
}

const [fd, store, address] = process.argv.slice(2)
const verifier = new Verifier({ hmacSecret: SECRET })
const options = store === undefined ? { fallback: () => {} } : { inbox: await STORES[store](address) }
const app = fastify()
app.register(plugin, { receiver: new Receiver(verifier, options), path: PATH })
await app.ready()
app.server.listen({ fd: Number(fd) })
