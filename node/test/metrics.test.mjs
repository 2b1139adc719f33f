// What is counted of an inbox, in prom-client and in OpenTelemetry.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import * as api from '@opentelemetry/api'
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import client from 'prom-client'
import { Event, Receiver, Verifier } from 'yuno-webhooks'
import { Backoff, Handlers } from 'yuno-webhooks/inbox'
import { joined, openTelemetry, prometheus } from 'yuno-webhooks/metrics'
import { delivery, headers, sample } from 'yuno-webhooks/testing'
import { drivers, SqlitePlace } from './inbox/places.mjs'
import { until } from './inbox/processes.mjs'

const SECRET = 'a-test-secret'
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 7, 10, 23, 30]
const [driver = ''] = drivers.keys()
const folder = mkdtempSync(join(tmpdir(), 'yuno-webhooks-metrics-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let files = 0

/** Wrong on purpose. @param {unknown} value @returns {any} */
const any = (value) => value
const typeError = (/** @type {RegExp} */ message) => ({ code: 'INVALID_ARGUMENT', message })

/** @param {import('yuno-webhooks/inbox').Observer} [onOutcome] */
function open(onOutcome) {
  files += 1
  return new SqlitePlace(driver, join(folder, `${files}.db`)).open({ onOutcome })
}

/**
 * At the door an accepted one, its duplicate, an unreadable one and two that wait; in the worker one done, one failed, one dead of a kind.
 *
 * @param {import('yuno-webhooks/metrics').Metrics} metrics
 */
async function shop(metrics) {
  const inbox = await open(metrics)
  const unwatch = metrics.watch(inbox)
  const receiver = new Receiver(new Verifier({ hmacSecret: SECRET }), { inbox })
  const list = Buffer.from('[1]')
  const [paid, refund] = [
    delivery('payment.purchase', { secret: SECRET, id: 'p-1' }),
    delivery('payment.refund', { secret: SECRET, id: 'p-2' }),
  ]
  for (const { body, headers: fields } of [paid, paid.redelivered(1), refund, { body: list, headers: headers(list, SECRET) }]) {
    await receiver.receive(body, fields)
  }
  const fallback = (/** @type {any} */ { kind }) => {
    if (kind === 'payment.refund') {
      throw new Error('the bank is away')
    }
  }
  const running = inbox.run(new Handlers({ fallback }), {
    backoff: new Backoff({ first: 0.01, most: 0.01, attempts: 2 }),
    poll: 0.01,
    signals: false,
    onError: () => {},
  })
  await until(async () => (await inbox.stats()).dead === 2)
  inbox.stop()
  await running
  await inbox.accept(Event.parseUnverified(sample('payment.purchase', { id: 'p-3' })))
  return { inbox, unwatch }
}

describe('Prometheus', () => {
  /** The samples that are exported, by name and labels. @param {client.Registry} registry */
  async function samples(registry) {
    const text = await registry.metrics()
    return Object.fromEntries([...text.matchAll(/^(yuno\w+(?:\{[^}]*\})?) (\S+)$/gm)].map(([, name, value]) => [name, Number(value)]))
  }

  test('everything is counted, under the documented names and no others', async () => {
    const registry = new client.Registry()
    const { inbox, unwatch } = await shop(prometheus(client, { registry }))
    const all = await samples(registry)
    const {
      yuno_inbox_oldest_pending_seconds: oldest = -1,
      yuno_inbox_ack_seconds_sum: ack = -1,
      yuno_inbox_work_seconds_sum: work = -1,
    } = all
    assert(oldest >= 0 && oldest < 60 && ack > 0 && ack < 60 && work >= 0 && work < 60)
    const counted = Object.entries(all).filter(([name]) => !/_bucket|_sum|oldest/.test(name))
    assert.deepEqual(Object.fromEntries(counted), {
      'yuno_inbox_received_total{outcome="accepted"}': 3,
      'yuno_inbox_received_total{outcome="duplicate"}': 1,
      'yuno_inbox_received_total{outcome="repeat"}': 0,
      'yuno_inbox_received_total{outcome="unavailable"}': 0,
      'yuno_inbox_received_total{outcome="unreadable"}': 1,
      yuno_inbox_ack_seconds_count: 5,
      'yuno_inbox_worked_total{result="done",kind="payment.purchase"}': 1,
      'yuno_inbox_worked_total{result="failed",kind="payment.refund"}': 1,
      'yuno_inbox_worked_total{result="dead",kind="payment.refund"}': 1,
      yuno_inbox_work_seconds_count: 3,
      yuno_inbox_pending: 1,
      yuno_inbox_waiting: 0,
      yuno_inbox_leased: 0,
      yuno_inbox_dead: 2,
    })
    const buckets = Object.keys(all).flatMap((name) => /^yuno_inbox_ack_seconds_bucket\{le="([\d.]+)"\}$/.exec(name)?.[1] ?? [])
    assert.deepEqual(buckets.map(Number), BUCKETS)
    unwatch()
    assert(!('yuno_inbox_pending' in (await samples(registry))))
    await inbox.close()
  })

  test('a database that is away or hangs breaks no scrape, and nothing old is told of it', async () => {
    const registry = new client.Registry()
    const metrics = prometheus(client, { registry })
    const inbox = await open(metrics)
    metrics.watch(inbox)
    assert.equal((await samples(registry)).yuno_inbox_pending, 0)
    await inbox.close()
    await assert.rejects(inbox.accept(Event.parseUnverified(sample('payment.purchase'))), { code: 'STORE_UNAVAILABLE' })
    const away = await samples(registry)
    assert.deepEqual([away['yuno_inbox_received_total{outcome="unavailable"}'], away.yuno_inbox_pending], [1, undefined])
    const other = new client.Registry()
    let asked = 0
    prometheus(client, { registry: other }).watch({
      stats: () => {
        asked += 1
        return new Promise(() => {})
      },
    })
    const started = performance.now()
    await Promise.all([other.metrics(), other.metrics()])
    await other.metrics()
    assert(performance.now() - started < 9000)
    assert.equal(asked, 1, 'one that hangs is asked once')
  })

  test('inboxes of one registry have a scope each', async () => {
    const registry = new client.Registry()
    const [shopMetrics, bank] = [prometheus(client, { registry, scope: 'shop' }), prometheus(client, { registry, scope: 'bank' })]
    const inboxes = await Promise.all([open(shopMetrics), open(bank)])
    shopMetrics.watch(inboxes[0])
    bank.watch(inboxes[1])
    await inboxes[0].accept(Event.parseUnverified(sample('payment.purchase')))
    const all = await samples(registry)
    assert.equal(all['yuno_inbox_received_total{scope="shop",outcome="accepted"}'], 1)
    assert.deepEqual([all['yuno_inbox_pending{scope="shop"}'], all['yuno_inbox_pending{scope="bank"}']], [1, 0])
    assert.throws(() => bank.watch(inboxes[0]), typeError(/give each a scope/))
    // What was cleared is made anew.
    registry.clear()
    prometheus(client, { registry }).watch(inboxes[0])
    assert.equal((await samples(registry)).yuno_inbox_pending, 1)
    await Promise.all(inboxes.map((inbox) => inbox.close()))
  })

  test('it takes what can be right', () => {
    assert.throws(() => prometheus(any(client.register)), typeError(/the module prom-client/))
    assert.throws(() => prometheus(client, { registry: any({}) }), typeError(/registry must be a Registry/))
    assert.throws(() => prometheus(client, { scope: any(5) }), typeError(/scope must be a string/))
    assert.throws(() => prometheus(client, any({ scop: 'a' })), typeError(/Did you mean scope\?/))
    assert.throws(() => prometheus(client, { registry: new client.Registry() }).watch(any({})), typeError(/watch takes an inbox/))
  })
})

describe('OpenTelemetry', () => {
  test('the same is counted', async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
    const provider = new MeterProvider({ readers: [reader] })
    const { inbox, unwatch } = await shop(openTelemetry(provider.getMeter('shop'), { scope: 'shop' }))
    /** What was exported last, by name and attributes. */
    const read = async () => {
      exporter.reset()
      await provider.forceFlush()
      const metrics = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((one) => one.metrics))
      return {
        metrics,
        values: Object.fromEntries(
          metrics.flatMap(({ descriptor, dataPoints }) =>
            dataPoints.map(({ attributes: { scope, ...attributes }, value }) => {
              assert.equal(scope, 'shop')
              return [[descriptor.name, ...Object.values(attributes)].join(' '), typeof value === 'number' ? value : value.count]
            }),
          ),
        ),
      }
    }
    const { metrics, values } = await read()
    const { 'yuno.inbox.oldest_pending': oldest = -1, ...counted } = values
    assert(oldest >= 0 && oldest < 60)
    assert.deepEqual(counted, {
      'yuno.inbox.received accepted': 3,
      'yuno.inbox.received duplicate': 1,
      'yuno.inbox.received unreadable': 1,
      'yuno.inbox.received repeat': 0,
      'yuno.inbox.received unavailable': 0,
      'yuno.inbox.ack': 5,
      'yuno.inbox.worked done payment.purchase': 1,
      'yuno.inbox.worked failed payment.refund': 1,
      'yuno.inbox.worked dead payment.refund': 1,
      'yuno.inbox.work': 3,
      'yuno.inbox.pending': 1,
      'yuno.inbox.waiting': 0,
      'yuno.inbox.leased': 0,
      'yuno.inbox.dead': 2,
    })
    const ack = metrics.find(({ descriptor }) => descriptor.name === 'yuno.inbox.ack')
    assert.deepEqual([/** @type {any} */ (ack).dataPoints[0].value.buckets.boundaries, ack?.descriptor.unit], [BUCKETS, 's'])
    await inbox.close()
    // It is away now.
    assert.equal((await read()).values['yuno.inbox.received accepted'], 3)
    unwatch()
    await provider.shutdown()
  })

  test('it takes what can be right', () => {
    assert.throws(() => openTelemetry(any({})), typeError(/takes a meter/))
  })
})

test('each metric is explained in the words of the Python package', async () => {
  const source = readFileSync(new URL('../../python/yuno_webhooks/inbox/metrics.py', import.meta.url), 'utf8')
  const theirs = [...source.matchAll(/_Named\(\s*(?:"\w+"|IN_SECONDS),\s*"([^"]+)"/g)].map(([, text]) => text)
  assert.equal(theirs.length, 9)
  const registry = new client.Registry()
  prometheus(client, { registry })
  const ours = [...(await registry.metrics()).matchAll(/^# HELP \w+ (.+)$/gm)].map(([, text]) => text)
  assert.deepEqual(ours, theirs)
})

test('several observers are told, and one that throws keeps no other from it', async (t) => {
  t.mock.method(console, 'error', () => {})
  /** @type {string[]} */
  const told = []
  const observer = joined(
    () => {
      throw new Error('away')
    },
    ({ result }) => told.push(result),
  )
  const inbox = await open(observer)
  await inbox.accept(Event.parseUnverified(sample('payment.purchase')))
  assert.deepEqual(told, ['accepted'])
  assert.throws(() => joined(any(5)), typeError(/observer must be a function/))
  await inbox.close()
})

describe('the README', () => {
  const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  // Inside the package, so that a snippet finds it by its name.
  const root = mkdtempSync(fileURLToPath(new URL('../.readme-', import.meta.url)))
  after(() => rmSync(root, { recursive: true, force: true }))

  /** Runs a snippet that opens an inbox. @param {string} name */
  async function run(name) {
    const [, snippet = ''] = new RegExp(`^\`\`\`js\\n(// ${name}\\.mjs\\n.*?)^\`\`\``, 'ms').exec(README) ?? []
    const file = join(root, `${name}.mjs`)
    writeFileSync(file, snippet)
    process.env.YUNO_INBOX_URL = `sqlite:${join(root, `${name}.db`)}`
    const { inbox, ...others } = await import(pathToFileURL(file).href)
    await inbox.accept(Event.parseUnverified(sample('payment.purchase')))
    return { inbox, ...others }
  }

  test('exports for Prometheus, the names of its table among them', async () => {
    process.env.METRICS_PORT = '0'
    const { inbox, server } = await run('metrics')
    const place = `http://127.0.0.1:${server.address().port}`
    const response = await fetch(`${place}/metrics`)
    assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=/)
    const text = await response.text()
    assert.equal((await fetch(place)).status, 404)
    assert.match(text, /^yuno_inbox_received_total\{outcome="accepted"\} 1$/m)
    assert.match(text, /^yuno_inbox_pending 1$/m)
    const told = [...README.matchAll(/^\| `(yuno_inbox_\w+)/gm)].map(([, name]) => name)
    assert.equal(told.length, 6)
    assert(told.every((name) => text.includes(`# TYPE ${name} `)))
    server.close()
    await inbox.close()
    client.register.clear()
  })

  test('exports for OpenTelemetry, the names of its table among them', async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
    const provider = new MeterProvider({ readers: [reader] })
    api.metrics.setGlobalMeterProvider(provider)
    const { inbox } = await run('telemetry')
    const running = inbox.run(new Handlers({ fallback: () => {} }), { signals: false })
    await until(async () => (await inbox.stats()).pending === 0)
    inbox.stop()
    await running
    await provider.forceFlush()
    const names = exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((one) => one.metrics.map((own) => own.descriptor.name)))
    const told = [...README.matchAll(/^\| `yuno_inbox_.*?\| `(yuno\.[\w.]+)`/gm)].map(([, name]) => name)
    assert.equal(told.length, 6)
    assert.deepEqual(
      told.filter((name) => !names.includes(name ?? '')),
      [],
    )
    await inbox.close()
    await provider.shutdown()
  })
})
