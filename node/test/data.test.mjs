// What an event's data is in Node: the cases of tests/vectors/hosts/data.json.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { Event, PayloadError } from 'yuno-webhooks'
import { toBytes } from './inputs.mjs'

const FILE = new URL('../../tests/vectors/hosts/data.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(FILE, 'utf8'))

/** @param {Event} event */
function dataOf(event) {
  try {
    return inspect(event.data, { depth: 2 })
  } catch (error) {
    assert(error instanceof PayloadError)
    return error.code
  }
}

for (const { name, input, expect } of cases) {
  test(`data: ${name}`, () => {
    const event = Event.parseUnverified(toBytes(input.body))
    assert.equal(dataOf(event), expect.node)
    assert.equal(event.kind, 'payment.purchase')
  })
}
