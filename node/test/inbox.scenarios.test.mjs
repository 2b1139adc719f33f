// Every store does what the shared scenarios say, step by step.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { Event, PayloadError, WebhookError } from 'yuno-webhooks'
import { anywhere } from './inbox/stores.mjs'

const FILE = new URL('../../tests/vectors/inbox/scenarios.json', import.meta.url)
const { scenarios } = JSON.parse(readFileSync(FILE, 'utf8'))
const CLOCK = Symbol.for('yuno-webhooks.clock')

class Failed extends Error {}

/** @typedef {import('./inbox/places.mjs').Inbox} Inbox */

/** One scenario on one inbox. */
class Run {
  /** What was claimed, by `<body>/<fence>`. @type {Map<string, import('yuno-webhooks/inbox').Delivery>} */
  #claimed = new Map()
  #inbox
  /** @type {Record<string, { body: string, key: string, error?: string }>} */
  #bodies

  /** @param {Inbox} inbox @param {any} scenario */
  constructor(inbox, scenario) {
    this.#inbox = inbox
    this.#bodies = scenario.bodies
  }

  /** What a step gives. @param {any} step @returns {Promise<unknown>} */
  async give({ at, gives: _, ...step }) {
    Object.assign(this.#inbox, { [CLOCK]: () => at })
    const [[operation, given]] = /** @type {[[string, any]]} */ (Object.entries(step))
    try {
      return await this.#do(operation, given)
    } catch (error) {
      if (error instanceof WebhookError) {
        return error.code
      }
      throw error
    }
  }

  /** @param {string} operation @param {any} given */
  async #do(operation, given) {
    const inbox = this.#inbox
    const delivery = /** @type {any} */ (this.#claimed.get(given.claim))
    switch (operation) {
      case 'accept':
        return this.#accept(given)
      case 'claim':
        return this.#named(await inbox.claim({ ...given, lease: given.lease / 1000 }))
      case 'claim_lane': {
        const { key, lease, attempts } = given
        const claimed = await inbox.claimLane(this.#keyOf(key), { lease: lease / 1000, attempts })
        return this.#named(claimed === null ? [] : [claimed])
      }
      case 'due':
        return (await inbox.due({ olderThan: given.older_than / 1000, limit: given.limit })).map((key) => this.#nameOf(key))
      case 'list': {
        const { kind, ...options } = given
        return (await inbox.list({ ...options, ...(kind !== null && { kind }) })).map(({ key }) => this.#nameOf(key))
      }
      case 'complete':
        return ok(delivery.complete())
      case 'give_back':
        return ok(delivery.giveBack())
      case 'extend':
        return ok(delivery.extend(given.lease / 1000))
      case 'release':
        return ok(delivery.release(new Failed('it failed'), given.delay / 1000))
      case 'bury':
        return ok(delivery.bury(new Failed('it failed')))
      case 'replay':
        return ok(inbox.replay(this.#keyOf(given)))
      case 'discard':
        return ok(inbox.discard(this.#keyOf(given)))
      case 'dead': {
        const found = await inbox.dead({ limit: given.limit, ...(given.kind !== null && { kind: given.kind }) })
        return found.map(({ key }) => this.#nameOf(key))
      }
      case 'replay_dead':
        return inbox.replayDead({ limit: given.limit, ...(given.kind !== null && { kind: given.kind }) })
      case 'purge':
        return inbox.purge({ olderThan: given.older_than / 1000 })
      case 'forget_keys':
        return inbox.forgetKeys({ olderThan: given.older_than / 1000 })
      case 'find': {
        const { state, attempts, duplicates, body, errorClass } = await inbox.find(this.#keyOf(given))
        return { state, attempts, duplicates, has_body: body !== null, error_class: errorClass }
      }
      case 'stats': {
        const { oldestPending, ...counts } = await inbox.stats()
        return { ...counts, oldest_pending_ms: oldestPending === null ? null : Math.round(oldestPending * 1000) }
      }
      default:
        throw new Error(`no operation ${operation}`)
    }
  }

  /** @param {string} name */
  async #accept(name) {
    const { body, key, error } = this.#bodies[name] ?? assert.fail(name)
    const bytes = Buffer.from(body)
    const stored = await (error === undefined ? this.#inbox.accept(Event.parseUnverified(bytes)) : this.#keep(bytes, error))
    assert(stored !== null && (stored.outcome === 'repeat' ? stored.key.startsWith(`${key}.`) : stored.key.startsWith(key)), stored?.key)
    return stored.outcome
  }

  /** @param {Buffer} bytes @param {string} code */
  async #keep(bytes, code) {
    try {
      Event.parseUnverified(bytes)
      return assert.fail('it is an event')
    } catch (error) {
      assert(error instanceof PayloadError && error.code === code)
      return this.#inbox.acceptUnreadable(bytes, error)
    }
  }

  /** @param {readonly import('yuno-webhooks/inbox').Delivery[]} claimed */
  #named(claimed) {
    return claimed.map((delivery) => {
      const [key = '', occurrence] = delivery.key.split('.')
      const [name, { body }] = Object.entries(this.#bodies).find(([, one]) => one.key === key) ?? assert.fail(key)
      const full = occurrence === undefined ? name : `${name}.${occurrence}`
      this.#claimed.set(`${full}/${delivery.fence}`, delivery)
      // The body comes back as it came, though it may be of another try.
      assert.equal(delivery.raw.length, Buffer.byteLength(body))
      return { delivery: full, attempt: delivery.attempt, superseded: delivery.superseded }
    })
  }

  /** @param {string} key */
  #nameOf(key) {
    return Object.keys(this.#bodies).find((name) => this.#bodies[name]?.key === key)
  }

  /** @param {string} name */
  #keyOf(name) {
    return this.#bodies[name]?.key ?? 'y1-of-none'
  }
}

/** @param {Promise<unknown>} work */
async function ok(work) {
  await work
  return 'ok'
}

test('there are scenarios', () => assert(scenarios.length > 20))

for (const [name, make] of anywhere) {
  describe(name, async () => {
    const place = await make()
    for (const [number, scenario] of scenarios.entries()) {
      test(scenario.name, async () => {
        // A scope of its own: others do not disturb it.
        const inbox = await place.open({ scope: `scenario ${number}` })
        try {
          const run = new Run(inbox, scenario)
          for (const step of scenario.steps) {
            assert.deepEqual(await run.give(step), step.gives, JSON.stringify(step))
          }
        } finally {
          await inbox.close()
        }
      })
    }
  })
}
