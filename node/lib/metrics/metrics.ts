import { setTimeout as pause } from 'node:timers/promises'
import { wrongArgument } from '../errors'
import { known } from '../given'
import type { Observer, Outcome, Result } from '../inbox/outcome'
import type { Stats } from '../inbox/record'
import { checkFunction } from '../registry'

/** An observer that counts, for `onOutcome`. */
export interface Metrics {
  (outcome: Outcome): void
  /** Has the gauges tell of an inbox whenever they are read; gives the function that ends it. While its database is away they tell nothing. */
  watch(inbox: Watched): () => void
}

/** An inbox, of which the gauges tell. */
export interface Watched {
  stats(): Promise<Stats>
}

export interface MetricsOptions {
  /** What tells the inboxes of one process apart: a constant label `scope` of all that is counted. There is none unless it is given. */
  readonly scope?: string | undefined
}

/** Low in number: of a delivery nothing but its kind. */
export interface Labels {
  readonly scope?: string
  readonly outcome?: string
  readonly result?: string
  readonly kind?: string
}

/** What counts. */
export interface Instruments {
  received(labels: Labels, by?: number): void
  ack(labels: Labels, seconds: number): void
  worked(labels: Labels): void
  work(labels: Labels, seconds: number): void
}

/** Where the provider's waits, of 7 and of 23 seconds, can be seen; the same for the work, whose end is open. */
export const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 7, 10, 23, 30]

/** What is counted, by what it is called in OpenTelemetry; the texts are Python's too. */
export const TEXTS = {
  received: 'Deliveries at the door, by what became of them.',
  ack: 'How long a delivery took to be stored, or refused as unavailable, before its answer, in seconds.',
  worked: 'Deliveries worked on, by result and kind.',
  work: 'How long a worker had a delivery, in seconds.',
} as const

/** What is read of an inbox, by the same. */
export const GAUGES: readonly { readonly name: string; readonly text: string; readonly unit?: 's'; read(stats: Stats): number }[] = [
  {
    name: 'pending',
    text: 'Deliveries that no worker has, those that wait for their next attempt included.',
    read: ({ pending }) => pending,
  },
  { name: 'waiting', text: 'Of those that no worker has, how many wait for their next attempt.', read: ({ waiting }) => waiting },
  { name: 'leased', text: 'Deliveries that a worker has.', read: ({ leased }) => leased },
  { name: 'dead', text: 'Deliveries that no attempt is left for: to be replayed or discarded.', read: ({ dead }) => dead },
  {
    name: 'oldest_pending',
    unit: 's',
    text: 'How long the oldest delivery that is not done has been here, in seconds; 0 if there is none.',
    read: ({ oldestPending }) => oldestPending ?? 0,
  },
]

const AT_THE_DOOR: ReadonlySet<Result> = new Set(['accepted', 'duplicate', 'repeat', 'unreadable', 'unavailable'])
/** How long a scrape waits for a database, in milliseconds. */
const PATIENCE = 3000

/** The labels that are always there. */
export function constant(options: MetricsOptions, taker: string): Labels {
  const { scope } = known(options, ['scope'], taker)
  if (scope !== undefined && typeof scope !== 'string') {
    throw wrongArgument('scope must be a string.')
  }
  return scope === undefined ? {} : { scope }
}

export function metrics(instruments: Instruments, labels: Labels, watch: Metrics['watch']): Metrics {
  const observe = ({ result, kind, seconds }: Outcome) => {
    if (AT_THE_DOOR.has(result)) {
      instruments.received({ ...labels, outcome: result })
      instruments.ack(labels, seconds)
    } else {
      instruments.worked({ ...labels, result, kind: kind ?? 'none' })
      instruments.work(labels, seconds)
    }
  }
  for (const outcome of AT_THE_DOOR) {
    // What was never counted is 0, so that the first one is an increase.
    instruments.received({ ...labels, outcome }, 0)
  }
  return Object.assign(observe, { watch })
}

/** Reads the stats of an inbox, for whoever must not wait for long nor fail: null where its database does not answer. */
export function reader(inbox: Watched): () => Promise<Stats | null> {
  if (typeof inbox?.stats !== 'function') {
    throw wrongArgument('watch takes an inbox: metrics.watch(await SqliteInbox.open(path, { onOutcome: metrics })).')
  }
  let asked: Promise<Stats | null> | undefined
  return async () => {
    // All gauges are read at once, and a database that hangs is asked once.
    asked ??= ask(inbox).finally(() => {
      asked = undefined
    })
    const isOver = new AbortController()
    const late = pause(PATIENCE, null, { signal: isOver.signal }).catch(() => null)
    try {
      return await Promise.race([asked, late])
    } finally {
      isOver.abort()
    }
  }
}

async function ask(inbox: Watched): Promise<Stats | null> {
  try {
    return await inbox.stats()
  } catch {
    return null
  }
}

/** Several observers as one, for `onOutcome`. What one of them throws reaches no other. */
export function joined(...observers: readonly Observer[]): Observer {
  for (const observer of observers) {
    checkFunction(observer, 'An observer')
  }
  return (outcome) => Promise.all(observers.map(async (observer) => observer(outcome)))
}
