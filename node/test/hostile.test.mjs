// Hostile inputs, in this thread and in a worker: only documented errors come out, none tells a secret, and the process lives on.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { WebhookError } from 'yuno-webhooks'
import { HOSTILE } from './hostile.mjs'

/** What came out that may not. */
function failures() {
  return HOSTILE.flatMap(([name, call]) => {
    try {
      call()
      return []
    } catch (error) {
      const documented = error instanceof WebhookError || error instanceof TypeError
      const text = error instanceof Error ? `${error.message} ${error.cause}` : String(error)
      return documented && !text.includes('s3cret') ? [] : [`${name}: ${text.slice(0, 100)}`]
    }
  })
}

if (!isMainThread) {
  parentPort?.postMessage(failures())
} else {
  test(`${HOSTILE.length} hostile inputs`, () => {
    assert(HOSTILE.length >= 60)
    assert.deepEqual(failures(), [])
  })

  test('the same in a worker', async () => {
    const worker = new Worker(new URL(import.meta.url))
    const [[found], [code]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')])
    assert.deepEqual([found, code], [[], 0])
  })

  test('30 workers load the addon, 30 times', async () => {
    const source = `require('yuno-webhooks').Verifier; require('node:worker_threads').parentPort.postMessage(1)`
    const load = async () => {
      const worker = new Worker(source, { eval: true, argv: [], execArgv: [] })
      await Promise.all([once(worker, 'message'), once(worker, 'exit')])
    }
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(Array.from({ length: 10 }, load))
    }
    await Promise.all(Array.from({ length: 30 }, load))
  })
}
