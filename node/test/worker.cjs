// Verifies deliveries in a thread of its own, and says how many.
const { parentPort, workerData } = require('node:worker_threads')
const { Verifier } = require('yuno-webhooks')
const testing = require('yuno-webhooks/testing')

const verifier = new Verifier({ hmacSecret: workerData.secret })
const keys = new Set()
for (let number = 0; number < workerData.count; number += 1) {
  const body = testing.sample('payment.purchase', { id: `${workerData.thread}-${number}` })
  keys.add(verifier.verify(body, testing.headers(body, workerData.secret)).dedupeKey)
}
parentPort?.postMessage(keys.size)
