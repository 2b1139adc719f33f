// The native part by itself, given what the files in front of it let nobody give.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Event } from 'yuno-webhooks'
import native from '../native.js'

/** @param {string} code */
const coded = (code) => (/** @type {any} */ error) => error.code === code && !error.message.includes('s3cret')

test('a look-up that fails becomes PANIC, without its text', () => {
  const fail = () => {
    throw new Error('s3cret')
  }
  assert.throws(() => native.makeVerifierFromVariables(fail), coded('PANIC'))
  const found = (/** @type {string} */ name) => (name === 'YUNO_WEBHOOK_HMAC_SECRET' ? 's3cret' : null)
  assert.deepEqual(native.headerNames(native.makeVerifierFromVariables(found)), ['x-hmac-signature'])
})

test('a schedule counts from the first try or the one before', () => {
  assert.throws(() => native.makeSchedule('last_try'), coded('INVALID_LIMIT'))
})

test('a body that is too long for a record is not read', () => {
  const body = Buffer.alloc(native.largestBody() + 1, ' ')
  assert.throws(() => Event.parseUnverified(body), { code: 'DATA_UNREADABLE' })
  assert.throws(() => Event.parseUnverified(body.subarray(1)), { code: 'BODY_NOT_JSON' })
})

test('a claim that came second in Postgres is known by the code of a unique index', () => {
  assert.equal(native.inboxRaceSqlstate(), '23505')
})
