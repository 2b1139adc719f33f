// What every adapter must do, over real HTTP. A host is made by `start({ receiver, path, fixedPaths })` and gives its port and how to close it.
import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { fixedPaths, Receiver, Verifier } from 'yuno-webhooks'
import { delivery, headers, sample } from 'yuno-webhooks/testing'

export const SECRET = 'a-test-secret'
export const PATH = '/webhooks/yuno'
const RECEIVED = '{"received":true}'
const SIGNATURE = 'x-hmac-signature'

/** A receiver, and what it was told. */
export function makeReceiver({ stores = false, maxBodyBytes } = {}) {
  const told = { purchases: [], others: [], refused: [], errors: [], unreadable: [] }
  const options = {
    fallback: (event) => told.others.push(event.kind),
    onError: (error, context) => told.errors.push([error, context]),
    onRefused: (error) => told.refused.push(error.code),
    ...(stores && { onUnreadable: async (body) => told.unreadable.push(body) }),
  }
  const verifier = new Verifier({ hmacSecret: SECRET, ...(maxBodyBytes && { maxBodyBytes }) })
  const receiver = new Receiver(verifier, options)
  receiver.on('payment.purchase', async (event) => {
    await null
    told.purchases.push(event.dedupeKey)
  })
  receiver.on('payment.refund', async () => {
    throw new Error('the database is away')
  })
  return { receiver, told }
}

/** Sends a request; the body in chunks if it is an array. */
export function send(port, { method = 'POST', path = PATH, fields = {}, body = Buffer.alloc(0) }) {
  return new Promise((resolve, reject) => {
    const chunked = Array.isArray(body)
    const length = chunked || method === 'GET' ? {} : { 'content-length': body.length }
    const sent = httpRequest({ host: '127.0.0.1', port, method, path, headers: { ...length, ...fields }, agent: false }, (response) => {
      const parts = []
      response.on('data', (part) => parts.push(part))
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text: Buffer.concat(parts).toString() }))
      response.on('error', reject)
    })
    sent.on('error', reject)
    for (const part of chunked ? body : []) sent.write(part)
    sent.end(chunked ? undefined : body)
  })
}

/** Writes the head and then pieces, until the server answers or hangs up; gives the status line and how much was written. */
function sendRaw(port, head, piece, most) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    let written = 0
    const done = () => {
      socket.destroy()
      resolve({ status: Number(answer.split(' ')[1]), written })
    }
    socket.on('data', (data) => {
      answer += data
      done()
    })
    socket.on('close', done)
    socket.on('error', done)
    socket.write(`POST ${PATH} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n${head}\r\n\r\n`)
    const more = () => {
      if (socket.destroyed || written >= most) return
      written += piece.length
      socket.write(piece, () => setTimeout(more, 1))
    }
    more()
  })
}

const of = ({ body, headers: fields }) => ({ body, fields })
const signed = (body) => ({ body, fields: headers(body, SECRET) })

/**
 * The cases. `repeated` is the code of a repeated header: HEADER_REPEATED where the host shows it. `keeps`: bodies that are no JSON get through.
 * `streams`: the adapter itself reads the body.
 */
export function checkAdapter(name, start, { repeated = 'HEADER_REPEATED', keeps = true, streams = true, others = [404, 405] } = {}) {
  const run = async (work, options = {}) => {
    const made = makeReceiver(options)
    const host = await start({ receiver: made.receiver, path: PATH, fixedPaths: true })
    try {
      await work(host.port, made.told)
    } finally {
      await host.close()
    }
  }
  const purchase = delivery('payment.purchase', { secret: SECRET })
  describe(name, () => {
    test('takes what is authentic, once a try', () =>
      run(async (port, told) => {
        for (const one of [purchase, purchase.redelivered(1), purchase.redelivered(2)]) {
          const { status, text, headers: fields } = await send(port, of(one))
          assert.deepEqual([status, text], [200, RECEIVED])
          assert.match(String(fields['content-type']), /^application\/json/)
        }
        assert.deepEqual([told.purchases.length, new Set(told.purchases).size], [3, 1])
      }))

    test('refuses what is forged, without a word', () =>
      run(async (port, told) => {
        for (const one of [purchase.forged(), purchase.unsigned(), purchase.tampered()]) {
          const { status, text } = await send(port, of(one))
          assert.deepEqual([status, text], [401, ''])
        }
        assert.deepEqual(told.refused, ['SIGNATURE_MISMATCH', 'SIGNATURE_MISSING', 'SIGNATURE_MISMATCH'])
        assert.deepEqual([told.purchases, told.errors], [[], []])
      }))

    test('refuses a repeated header', () =>
      run(async (port, told) => {
        const { [SIGNATURE]: signature, ...rest } = purchase.headers
        const fields = { ...rest, [SIGNATURE]: [signature, signature] }
        assert.equal((await send(port, { body: purchase.body, fields })).status, 401)
        assert.deepEqual(told.refused, [repeated])
      }))

    test('refuses what says that it is too long, before it comes', { skip: !streams }, () =>
      run(async (port) => {
        assert.deepEqual(await sendRaw(port, 'content-length: 900000000', Buffer.from('{'), 1), { status: 413, written: 1 })
      }),
    )

    test('stops reading what is too long and does not say so', { skip: !streams }, () =>
      run(
        async (port) => {
          const piece = Buffer.from(`10000\r\n${'x'.repeat(0x10000)}\r\n`)
          const { status, written } = await sendRaw(port, 'transfer-encoding: chunked', piece, 64 << 20)
          // A server that hangs up while more is coming may take the answer with it.
          assert(Number.isNaN(status) || status === 413, `${status}`)
          assert(written < 8 << 20, `${written} bytes were taken`)
        },
        { maxBodyBytes: 65_536 },
      ),
    )

    test('refuses what is too long, whoever reads it', () =>
      run(
        async (port) => {
          const { status, text } = await send(port, { body: [Buffer.alloc(70_000, ' ')], fields: purchase.headers })
          assert.equal(status, 413)
          assert(!streams || text === '')
        },
        { maxBodyBytes: 65_536 },
      ))

    test('lives on when a sender hangs up in the middle', { skip: !streams }, () =>
      run(async (port, told) => {
        const socket = connect(port, '127.0.0.1')
        socket.on('error', () => {})
        socket.write(`POST ${PATH} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{`)
        await new Promise((resolve) => setTimeout(resolve, 50))
        socket.destroy()
        await new Promise((resolve) => setTimeout(resolve, 50))
        assert.equal((await send(port, of(purchase))).status, 200)
        assert.deepEqual([told.purchases.length, told.refused, told.errors], [1, [], []])
      }),
    )

    test('takes no more than the length that is given', () =>
      run(async (port, told) => {
        const head = `content-length: ${purchase.body.length - 1}\r\n${SIGNATURE}: ${purchase.headers[SIGNATURE]}`
        const { status } = await sendRaw(port, head, purchase.body, 1)
        // The byte that is left over is no request: whichever of the two answers comes first.
        assert([400, 401].includes(status), `${status}`)
        assert.deepEqual(told.purchases, [])
      }))

    test('refuses what is compressed', () =>
      run(async (port) => {
        const body = gzipSync(purchase.body)
        const { status, text } = await send(port, { body, fields: { ...headers(body, SECRET), 'content-encoding': 'gzip' } })
        assert.deepEqual([status, text], [415, ''])
      }))

    test('takes chunks', () =>
      run(async (port, told) => {
        const { body } = purchase
        const chunks = [body.subarray(0, 10), body.subarray(10, 500), body.subarray(500)]
        assert.equal((await send(port, { body: chunks, fields: purchase.headers })).status, 200)
        assert.equal(told.purchases.length, 1)
      }))

    test('takes a body of 1.5 MiB', () =>
      run(async (port, told) => {
        const body = Buffer.concat([purchase.body, Buffer.alloc((3 << 19) - purchase.body.length, ' ')])
        assert.equal((await send(port, signed(body))).status, 200)
        assert.equal(told.purchases.length, 1)
      }))

    test('takes posts only, at its paths only', () =>
      run(async (port, told) => {
        assert(others.includes((await send(port, { method: 'GET' })).status))
        assert.equal((await send(port, { ...of(purchase), path: '/other' })).status, 404)
        for (const path of fixedPaths) {
          assert.equal((await send(port, { ...of(purchase), path })).status, 200, path)
        }
        assert.equal((await send(port, { ...of(purchase), path: `${PATH}?a=b` })).status, 200)
        assert.equal(told.purchases.length, fixedPaths.length + 1)
      }))

    test('acknowledges an empty body', () =>
      run(async (port, told) => {
        const { status, text } = await send(port, signed(Buffer.alloc(0)))
        assert.deepEqual([status, text, told.others], [200, RECEIVED, []])
      }))

    if (keeps) {
      test('stores an authentic body that is no event, or refuses it', async () => {
        const body = Buffer.from('é not JSON')
        await run(async (port) => assert.equal((await send(port, signed(body))).status, 400))
        await run(
          async (port, told) => {
            assert.equal((await send(port, signed(body))).status, 200)
            assert.deepEqual(told.unreadable, [body])
          },
          { stores: true },
        )
      })
    }

    test('gives other kinds to the fallback, also those that nobody knows', () =>
      run(async (port, told) => {
        const unknown = Buffer.from('{"type":"a","type_event":"a.b","data":{"id":"1"}}')
        assert.equal((await send(port, signed(unknown))).status, 200)
        assert.equal((await send(port, signed(sample('subscription.create')))).status, 200)
        assert.deepEqual(told.others, ['unknown', 'subscription.create'])
      }))

    test('asks for another try where the handler failed', () =>
      run(async (port, told) => {
        const refund = delivery('payment.refund', { secret: SECRET })
        const { status, text } = await send(port, of(refund))
        assert.deepEqual([status, text], [503, ''])
        const [[error, context]] = told.errors
        assert.deepEqual([error.message, context.kind, context.dedupeKey.length], ['the database is away', 'payment.refund', 35])
      }))
  })
}

/** A body that was parsed before the receiver saw it: 500, and the fix is told to `onError`. */
export function checkParsed(name, start, fix) {
  test(`${name}: a body that was parsed before is a named error`, async () => {
    const { receiver, told } = makeReceiver()
    const host = await start({ receiver, path: PATH })
    try {
      const purchase = delivery('payment.purchase', { secret: SECRET })
      const { status, text } = await send(host.port, of(purchase))
      assert.deepEqual([status, text, told.purchases], [500, '', []])
      const [[error]] = told.errors
      assert.deepEqual([error.name, error.code], ['BodyParsedError', 'BODY_PARSED'])
      assert.match(error.message, fix)
    } finally {
      await host.close()
    }
  })
}

/** Serves on this machine. @param {import('node:http').Server} server */
export async function serve(server) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: server.address().port,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}
