import { wrongArgument } from '../errors'
import { known } from '../given'
import {
  BUCKETS,
  constant,
  GAUGES,
  type Instruments,
  type Labels,
  type Metrics,
  type MetricsOptions,
  metrics,
  reader,
  TEXTS,
} from './metrics'

// biome-ignore lint/suspicious/noExplicitAny: prom-client's own types, which know the names of labels
type Given = any

/** A registry, as `Registry` of prom-client is. */
export interface PrometheusRegistry {
  getSingleMetric(name: string): Given
}

/** The module prom-client. */
export interface PrometheusClient {
  readonly Counter: new (settings: Given) => { inc(labels: Given, by?: number): void }
  readonly Histogram: new (settings: Given) => { observe(labels: Given, value: number): void }
  readonly Gauge: new (settings: Given) => { set(labels: Given, value: number): void; remove(labels: Given): void }
  readonly register: PrometheusRegistry
}

/** What a registry holds: one of each, however many inboxes it counts for. */
interface Held {
  readonly instruments: Instruments
  /** The inboxes that are watched, by their scope. */
  readonly watched: Map<string | undefined, ReturnType<typeof reader>>
}

const FIRST = 'yuno_inbox_received_total'
const HELD = new WeakMap<object, Held>()

/**
 * Metrics in prom-client, which you give: `prometheus(client)`, and its `registry` if that is not the usual one.
 *
 * `yuno_inbox_received_total{outcome}`, `yuno_inbox_ack_seconds`, `yuno_inbox_worked_total{result,kind}`, `yuno_inbox_work_seconds`; and of an inbox
 * that is watched `yuno_inbox_pending`, `_waiting`, `_leased`, `_dead` and `_oldest_pending_seconds`.
 */
export function prometheus(
  client: PrometheusClient,
  options: MetricsOptions & { readonly registry?: PrometheusRegistry | undefined } = {},
): Metrics {
  if (typeof client?.Counter !== 'function') {
    throw wrongArgument("prometheus takes the module prom-client: import client from 'prom-client'; prometheus(client).")
  }
  const { registry = client.register, ...others } = known(options, ['registry', 'scope'], 'prometheus')
  if (typeof (registry as Partial<PrometheusRegistry> | null)?.getSingleMetric !== 'function') {
    throw wrongArgument('registry must be a Registry of prom-client.')
  }
  const labels = constant(others as MetricsOptions, 'prometheus')
  const { instruments, watched } = heldBy(client, registry as PrometheusRegistry)
  return metrics(instruments, labels, (inbox) => {
    const read = reader(inbox)
    if (watched.has(labels.scope)) {
      throw wrongArgument('This registry tells of another inbox already: give each a scope, prometheus(client, { scope }).')
    }
    watched.set(labels.scope, read)
    return () => {
      if (watched.get(labels.scope) === read) {
        watched.delete(labels.scope)
      }
    }
  })
}

function heldBy(client: PrometheusClient, registry: PrometheusRegistry): Held {
  const known = HELD.get(registry)
  // Unless it was cleared since.
  if (known !== undefined && registry.getSingleMetric(FIRST) !== undefined) {
    return known
  }
  const held = register(client, registry)
  HELD.set(registry, held)
  return held
}

function register({ Counter, Histogram, Gauge }: PrometheusClient, registry: PrometheusRegistry): Held {
  const settings = (name: string, help: string, ...labelNames: (keyof Labels)[]) => {
    return { name: `yuno_inbox_${name}`, help, labelNames: ['scope', ...labelNames], registers: [registry] }
  }
  const received = new Counter(settings('received_total', TEXTS.received, 'outcome'))
  const ack = new Histogram({ ...settings('ack_seconds', TEXTS.ack), buckets: BUCKETS })
  const worked = new Counter(settings('worked_total', TEXTS.worked, 'result', 'kind'))
  const work = new Histogram({ ...settings('work_seconds', TEXTS.work), buckets: BUCKETS })
  const watched: Held['watched'] = new Map()
  for (const { name, text, unit, read } of GAUGES) {
    const shown = new Set<string | undefined>()
    const gauge = new Gauge({
      ...settings(unit === undefined ? name : `${name}_seconds`, text),
      collect: async () => {
        const all = await Promise.all([...watched].map(async ([scope, stats]) => ({ scope, stats: await stats() })))
        // What was true of a database that is away now, or of an inbox that is not watched any more, is told no longer.
        for (const scope of shown) {
          gauge.remove(labelsOf(scope))
        }
        shown.clear()
        for (const { scope, stats } of all) {
          if (stats !== null) {
            gauge.set(labelsOf(scope), read(stats))
            shown.add(scope)
          }
        }
      },
    })
  }
  const instruments: Instruments = {
    received: (labels, by) => received.inc(labels, by),
    ack: (labels, seconds) => ack.observe(labels, seconds),
    worked: (labels) => worked.inc(labels),
    work: (labels, seconds) => work.observe(labels, seconds),
  }
  return { instruments, watched }
}

function labelsOf(scope: string | undefined): Labels {
  return scope === undefined ? {} : { scope }
}
