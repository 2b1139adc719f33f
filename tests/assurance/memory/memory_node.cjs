// Takes deliveries by the Node package, and tells what the process holds. See ../memory.py.
'use strict'
const { readFileSync } = require('node:fs')
const { Verifier, WebhookError } = require('../../../node/dist/index.js')
const { sign } = require('../../../node/dist/testing.js')

const SECRET = 'whsec-one'
const [, , file, count, leaky] = process.argv
const verifier = new Verifier({ hmacSecret: SECRET })
const cases = readFileSync(file, 'ascii').trim().split('\n').map((line) => {
  const [signed, outcome, hex] = line.split(' ')
  return { signed, outcome, text: Buffer.from(hex, 'hex').toString('latin1') }
})

function kib() {
  global.gc()
  return Number(/VmRSS:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'ascii'))[1])
}

function headers(signed, body) {
  const signature = sign(body, signed === 'forged' ? 'another' : SECRET)
  switch (signed) {
    case 'repeated':
      return [['x-hmac-signature', signature], ['x-hmac-signature', signature]]
    case 'missing':
      return { host: 'shop.example' }
    default:
      return { host: 'shop.example', 'x-hmac-signature': signed === 'malformed' ? signature.slice(0, 20) : signature }
  }
}

function read({ kind, dedupeKey, publishedKey, finality, resource, data }) {
  if (!kind || dedupeKey.length !== 35 || publishedKey === '' || !finality || !data) {
    throw new Error('an event without its fields')
  }
  return resource.amount?.minorUnits ?? resource.updatedAt ?? resource.transaction?.id
}

const kept = []
let warm = 0
for (let number = 0; number < Number(count); number += 1) {
  const { signed, outcome, text } = cases[number % cases.length]
  const body = Buffer.from(text.replaceAll('000000000000', String(number).padStart(12, '0')), 'latin1')
  let seen = 'OK'
  try {
    const event = verifier.verify(body, headers(signed, body))
    read(event)
    if (leaky === '1' && number % 10 === 0) {
      kept.push(event)
    }
  } catch (error) {
    if (!(error instanceof WebhookError)) throw error
    seen = error.code
  }
  if (seen !== outcome) {
    throw new Error(`delivery ${number}: expected ${outcome}, saw ${seen}`)
  }
  // The engine lets its heap grow as long as nobody asks: what it could give back is no leak.
  if (number % 20_000 === 0) {
    global.gc()
  }
  if (number === Math.floor(Number(count) / 5)) {
    warm = kib()
  }
}
console.log(JSON.stringify({ deliveries: Number(count), warm_kib: warm, end_kib: kib(), kept: kept.length }))
