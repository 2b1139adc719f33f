import { setTimeout as pause } from 'node:timers/promises'
import { isMainThread } from 'node:worker_threads'
import { wrongArgument } from '../errors'
import { isA, known } from '../given'
import type { Kind } from '../names'
import { Bell } from './bell'
import type { Delivery } from './delivery'
import type { Handlers } from './handlers'
import type { Inbox } from './inbox'
import { count, timer } from './spans'
import type { Store } from './store'
import { reasonOf, WORK_OPTIONS, Worker, type WorkOptions } from './worker'

/** How an inbox is worked on. Times are in seconds. */
export interface RunOptions<Client = unknown> extends WorkOptions<Client> {
  /** How many deliveries are worked on at a time: 1 unless given. */
  readonly workers?: number | undefined
  /** How often to look for what is due, where nothing tells of it: 1 unless given. */
  readonly poll?: number | undefined
  /** How long to wait at the end for handlers that still run: 25 unless given. What they hold is worked on again when its lease has expired. */
  readonly grace?: number | undefined
  /** Ends it when it is aborted. */
  readonly signal?: AbortSignal | undefined
  /** False not to end at SIGTERM and SIGINT, for a process that has its own end. */
  readonly signals?: boolean | undefined
}

/** Work that goes on. */
export interface Running {
  /** Claims no more. */
  stop(): void
  /** There may be something to claim. */
  wake(): void
  /** Resolves when it has ended. */
  readonly ended: Promise<unknown>
}

const OPTIONS = [...WORK_OPTIONS, 'workers', 'poll', 'grace', 'signal', 'signals'] as const
const SIGNALS = ['SIGTERM', 'SIGINT'] as const
/** Between looks at a database that is down, in milliseconds. */
const [FIRST_PAUSE, LONGEST_PAUSE] = [1000, 30_000]

/** One `run` of an inbox: claims what is due until it is to end. */
export class Run<Client> implements Running {
  readonly #inbox: Inbox<Client>
  readonly #store: Store<Client>
  readonly #worker: Worker<Client>
  readonly #count: number
  readonly #poll: number
  readonly #grace: number
  readonly #signal: AbortSignal | undefined
  readonly #signals: boolean
  readonly #news = new Bell()
  readonly #stopping = new AbortController()
  #ended: Promise<void> = Promise.resolve()

  constructor(inbox: Inbox<Client>, store: Store<Client>, handlers: Handlers<Client>, options: RunOptions<Client>) {
    const { workers = 1, poll = 1, grace = 25, signals = true, signal, ...work } = known(options, OPTIONS, 'run')
    const call = 'run(new Handlers({ fallback }))'
    this.#worker = new Worker(inbox, handlers, work, { call, stopping: this.#stopping.signal })
    if (signal !== undefined && !isA(signal, AbortSignal)) {
      throw wrongArgument('signal must be an AbortSignal.')
    }
    if (typeof signals !== 'boolean') {
      throw wrongArgument('signals must be true or false.')
    }
    this.#inbox = inbox
    this.#store = store
    this.#count = count(workers, 'workers')
    this.#poll = timer(poll, 'poll')
    this.#grace = timer(grace, 'grace', 0)
    this.#signal = signal
    this.#signals = signals && isMainThread
  }

  get ended(): Promise<void> {
    return this.#ended
  }

  run(): Promise<void> {
    this.#ended = this.#run()
    return this.#ended
  }

  readonly stop = (): void => {
    this.#stopping.abort()
    this.wake()
  }

  readonly wake = (): void => this.#news.ring()

  async #run(): Promise<void> {
    const silence = this.#store.listen(this.#inbox.scope, this.wake)
    this.#worker.begin()
    this.#signal?.addEventListener('abort', this.stop)
    for (const name of this.#signals ? SIGNALS : []) {
      process.on(name, this.stop)
    }
    if (this.#signal?.aborted) {
      this.stop()
    }
    const work = Promise.all(Array.from({ length: this.#count }, () => this.#work()))
    try {
      await new Promise<void>((resolve) => {
        const { signal } = this.#stopping
        signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })
      })
      await this.#within(work)
    } finally {
      for (const name of SIGNALS) {
        process.off(name, this.stop)
      }
      this.#signal?.removeEventListener('abort', this.stop)
      this.#worker.end()
      silence()
    }
    if (this.#worker.held > 0) {
      console.warn('yuno-webhooks: %d handlers still ran at the end; their deliveries come again', this.#worker.held)
    }
  }

  async #within(work: Promise<unknown>): Promise<void> {
    const isOver = new AbortController()
    const grace = pause(this.#grace, undefined, { signal: isOver.signal }).catch(() => {})
    await Promise.race([work, grace])
    isOver.abort()
  }

  async #work(): Promise<void> {
    let wait = FIRST_PAUSE
    while (!this.#stopping.signal.aborted) {
      const heard = this.#news.rings
      let claimed: Delivery<Kind, Client>[]
      try {
        claimed = await this.#inbox.claim({ lease: this.#worker.lease, attempts: this.#worker.attempts })
        wait = FIRST_PAUSE
      } catch (thrown) {
        console.error('yuno-webhooks: nothing can be claimed, looking again in %d s: %s', wait / 1000, reasonOf(thrown))
        await pause(wait, undefined, { signal: this.#stopping.signal }).catch(() => {})
        wait = Math.min(wait * 2, LONGEST_PAUSE)
        continue
      }
      for (const delivery of claimed) {
        await this.#worker.work(delivery)
      }
      if (claimed.length === 0) {
        await this.#news.wait(heard, this.#poll)
      }
    }
  }
}
