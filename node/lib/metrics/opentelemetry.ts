import { wrongArgument } from '../errors'
import { BUCKETS, constant, GAUGES, type Labels, type Metrics, type MetricsOptions, metrics, reader, TEXTS } from './metrics'

interface Settings {
  description?: string
  unit?: string
  advice?: { explicitBucketBoundaries?: number[] }
}

/** Metrics that are read, as OpenTelemetry names them. */
// biome-ignore lint/suspicious/noExplicitAny: the API's own type of an observable
type Observable = any

/** A meter, as `Meter` of @opentelemetry/api is. */
export interface OpenTelemetryMeter {
  createCounter(name: string, settings?: Settings): { add(value: number, attributes?: Record<string, string>): void }
  createHistogram(name: string, settings?: Settings): { record(value: number, attributes?: Record<string, string>): void }
  createObservableGauge(name: string, settings?: Settings): Observable
  addBatchObservableCallback(callback: (result: Observable) => Promise<void>, observables: Observable[]): void
  removeBatchObservableCallback(callback: (result: Observable) => Promise<void>, observables: Observable[]): void
}

/**
 * Metrics in OpenTelemetry, by a meter that you give: `openTelemetry(metrics.getMeter('shop'))`.
 *
 * `yuno.inbox.received{outcome}`, `yuno.inbox.ack`, `yuno.inbox.worked{result,kind}`, `yuno.inbox.work`; and of an inbox that is watched
 * `yuno.inbox.pending`, `.waiting`, `.leased`, `.dead` and `.oldest_pending`. Times are in seconds.
 */
export function openTelemetry(meter: OpenTelemetryMeter, options: MetricsOptions = {}): Metrics {
  if (typeof meter?.createCounter !== 'function') {
    throw wrongArgument(
      "openTelemetry takes a meter: import { metrics } from '@opentelemetry/api'; openTelemetry(metrics.getMeter('shop')).",
    )
  }
  const labels = constant(options, 'openTelemetry')
  const times = { unit: 's', advice: { explicitBucketBoundaries: BUCKETS } }
  const received = meter.createCounter('yuno.inbox.received', { description: TEXTS.received })
  const ack = meter.createHistogram('yuno.inbox.ack', { description: TEXTS.ack, ...times })
  const worked = meter.createCounter('yuno.inbox.worked', { description: TEXTS.worked })
  const work = meter.createHistogram('yuno.inbox.work', { description: TEXTS.work, ...times })
  const gauges = GAUGES.map(({ name, text, unit, read }) => {
    const gauge = meter.createObservableGauge(`yuno.inbox.${name}`, { description: text, ...(unit !== undefined && { unit }) })
    return { gauge, read }
  })
  const observables = gauges.map(({ gauge }) => gauge)
  const watch: Metrics['watch'] = (inbox) => {
    const stats = reader(inbox)
    const tell = async (result: Observable) => {
      const now = await stats()
      if (now !== null) {
        for (const { gauge, read } of gauges) {
          result.observe(gauge, read(now), labels)
        }
      }
    }
    meter.addBatchObservableCallback(tell, observables)
    return () => meter.removeBatchObservableCallback(tell, observables)
  }
  const plain = (all: Labels) => ({ ...all }) as Record<string, string>
  return metrics(
    {
      received: (all, by = 1) => received.add(by, plain(all)),
      ack: (all, seconds) => ack.record(seconds, plain(all)),
      worked: (all) => worked.add(1, plain(all)),
      work: (all, seconds) => work.record(seconds, plain(all)),
    },
    labels,
    watch,
  )
}
