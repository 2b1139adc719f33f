// Runs every shared vector on the Node package.
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { catalog, Event, errorCodes, finality, PayloadError, Reply, Schedule, Verifier, WebhookError } from 'yuno-webhooks'
import * as testing from 'yuno-webhooks/testing'
import { toBytes } from './inputs.mjs'

const VECTORS = new URL('../../tests/vectors/', import.meta.url)
const COUNT = new URL('../../target/vectors/node.count', import.meta.url)

/** @typedef {Record<string, any>} Json */

/** The event as the vectors see it: flat; what is absent is null; big numbers are strings. @param {Event} event @returns {Json} */
function view(event) {
  const { resource } = event
  const { amount, transaction } = resource
  const moved = transaction?.amount
  const text = (/** @type {bigint | null | undefined} */ number) => number?.toString() ?? null
  return {
    kind: event.kind,
    sent_name: event.sentName,
    shape: event.shape,
    account_id: event.accountId,
    retry: event.retry,
    version: event.version,
    signed: event.signed,
    secret_index: event.secretIndex,
    finality: event.finality,
    repeatable: event.repeatable,
    dedupe_key: event.dedupeKey,
    published_key: event.publishedKey,
    data_keys: dataKeys(event),
    'resource.kind': resource.kind,
    'resource.id': resource.id,
    'resource.status': resource.status,
    'resource.sub_status': resource.subStatus,
    'resource.created_at_ns': text(resource.createdAtNs),
    'resource.updated_at_ns': text(resource.updatedAtNs),
    'resource.merchant_reference': resource.merchantReference,
    'resource.idempotency_key': resource.idempotencyKey,
    'resource.amount.value': amount?.value ?? null,
    'resource.amount.currency': amount?.currency ?? null,
    'resource.amount.minor_units': text(amount?.minorUnits),
    'resource.transaction.id': transaction?.id ?? null,
    'resource.transaction.type': transaction?.type ?? null,
    'resource.transaction.status': transaction?.status ?? null,
    'resource.transaction.amount.value': moved?.value ?? null,
    'resource.transaction.amount.currency': moved?.currency ?? null,
    'resource.transaction.amount.minor_units': text(moved?.minorUnits),
    'resource.transaction.updated_at_ns': text(transaction?.updatedAtNs),
  }
}

/** @param {Event} event */
function dataKeys(event) {
  try {
    return Object.keys(event.data).sort()
  } catch (error) {
    // What JSON.parse refuses, it refuses by its own limits; the rest of the event is the vector's.
    assert(error instanceof PayloadError && error.code === 'DATA_UNREADABLE')
    return null
  }
}

/** The options of the vectors have the core's names. @param {Json} options */
function camel(options) {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [name.replaceAll(/_(.)/g, (_, letter) => letter.toUpperCase()), value]),
  )
}

/** @param {Json} input @returns {[Event, Event]} */
function pair(input) {
  return [Event.parseUnverified(toBytes(input.first)), Event.parseUnverified(toBytes(input.second))]
}

/** @param {string} name @param {boolean} emptyBody */
function errorOf(name, emptyBody) {
  if (emptyBody && name === 'BODY_NOT_JSON') {
    try {
      Event.parseUnverified(Buffer.alloc(0))
    } catch (error) {
      return /** @type {WebhookError} */ (error)
    }
  }
  const row = errorCodes().find((row) => row.name === name)
  assert(row)
  return new WebhookError(row.message, row)
}

/** @type {Record<string, (input: Json) => Json>} */
const OPERATIONS = {
  sign: ({ body, secret }) => ({ signature: testing.sign(toBytes(body), typeof secret === 'string' ? secret : toBytes(secret)) }),
  verify: (input) => {
    const verifier = input.environment ? Verifier.fromEnv(input.environment) : new Verifier(camel(input.verifier))
    return { event: view(verifier.verify(toBytes(input.body), input.headers)) }
  },
  admit: ({ content_length: contentLength, content_encoding: contentEncoding, max_body_bytes: maxBodyBytes }) => {
    new Verifier({ hmacSecret: 'whsec-one', maxBodyBytes }).admit({ contentLength, contentEncoding })
    return { admitted: true }
  },
  parse: ({ body }) => ({ event: view(Event.parseUnverified(toBytes(body))) }),
  keys: (input) => {
    const [first, second] = pair(input)
    return {
      first: first.dedupeKey,
      second: second.dedupeKey,
      first_published: first.publishedKey,
      second_published: second.publishedKey,
      same: first.dedupeKey === second.dedupeKey,
    }
  },
  recency: (input) => {
    const [first, second] = pair(input)
    return { first_to_second: first.compareRecency(second), second_to_first: second.compareRecency(first) }
  },
  finality: ({ family, status, sub_status }) => ({ finality: finality(family, status, sub_status) }),
  reply: ({ error, empty_body, stored }) => {
    const { status, body } = error ? Reply.toError(errorOf(error, empty_body), { stored }) : Reply.received()
    return { status, body }
  },
  schedule: (input) => {
    const made = new Schedule({ since: input.since, delays: input.delays_seconds, waits: input.waits_seconds })
    if ('retention_seconds' in input) {
      made.checkRetention(input.retention_seconds)
    }
    return {
      offsets_seconds: made.offsets,
      waits_seconds: made.offsets.map((_, retry) => made.acknowledgementWait(retry)),
      total_seconds: made.total,
      minimum_retention_seconds: made.minimumRetention,
    }
  },
  error: ({ code }) => {
    const row = errorCodes().find((row) => row.name === code)
    assert(row)
    return { number: row.number, stage: row.stage, http_status: row.httpStatus }
  },
  catalog: ({ spelling }) => {
    const row = catalog().find((row) => row.spellings.includes(spelling))
    return row ? { kind: row.kind, family: row.family, trigger: row.trigger } : { kind: 'unknown', family: null, trigger: null }
  },
}

/** @param {string} operation @param {Json} input @param {Json} expect */
function check(operation, input, expect) {
  const run = OPERATIONS[operation]
  assert(run, `no such operation: ${operation}`)
  if ('error' in expect) {
    assert.throws(
      () => run(input),
      (error) => error instanceof WebhookError && error.code === expect.error,
    )
    return
  }
  const seen = run(input)
  const [all, wanted] = 'event' in expect ? [seen.event, expect.event] : [seen, expect]
  // Members that the case does not name may be anything.
  const named = Object.fromEntries(Object.keys(wanted).map((name) => [name, all[name]]))
  assert.deepEqual(named, wanted)
}

test('every shared vector', () => {
  const failures = []
  let count = 0
  for (const name of readdirSync(VECTORS).filter((name) => name.endsWith('.json'))) {
    const file = JSON.parse(readFileSync(new URL(name, VECTORS), 'utf8'))
    for (const { name: title, input, expect } of file.cases) {
      count += 1
      try {
        check(file.operation, input, expect)
      } catch (error) {
        failures.push(`${name}: ${title}\n${error instanceof Error ? error.message : error}`)
      }
    }
  }
  assert.deepEqual(failures, [], failures.join('\n\n'))
  assert.notEqual(count, 0, 'no vector was run')
  mkdirSync(new URL('.', COUNT), { recursive: true })
  writeFileSync(COUNT, String(count))
  console.log(`vectors: ${count} run on Node`)
})
