import { setTimeout as pause } from 'node:timers/promises'
import { isMainThread } from 'node:worker_threads'
import { InboxError, PayloadError, wrongArgument } from '../errors'
import { isA, known } from '../given'
import type { WebhookEvent } from '../kinds'
import type { Kind } from '../names'
import { checkFunction, settle } from '../registry'
import { Backoff } from './backoff'
import { Bell } from './bell'
import type { Delivery } from './delivery'
import { Handlers } from './handlers'
import type { Inbox } from './inbox'
import { classOf, type Result } from './outcome'
import { count, LEASE, timer } from './spans'
import type { Store } from './store'

/** How an inbox is worked on. Times are in seconds. */
export interface RunOptions<Client = unknown> {
  /** How many deliveries are worked on at a time: 1 unless given. */
  readonly workers?: number | undefined
  /** A delivery whose worker says nothing for so long goes to another: 60 unless given. While a handler runs, its lease is extended. */
  readonly lease?: number | undefined
  /** When a handler that failed is called again, and how often. */
  readonly backoff?: Backoff | undefined
  /** How often to look for what is due, where nothing tells of it: 1 unless given. */
  readonly poll?: number | undefined
  /** How long to wait at the end for handlers that still run: 25 unless given. What they hold is worked on again when its lease has expired. */
  readonly grace?: number | undefined
  /** Ends it when it is aborted. */
  readonly signal?: AbortSignal | undefined
  /** False not to end at SIGTERM and SIGINT, for a process that has its own end. */
  readonly signals?: boolean | undefined
  /** Is told of a handler that failed. Otherwise `console.error`. */
  readonly onError?: ((error: unknown, delivery: Delivery<Kind, Client>) => unknown) | undefined
}

const OPTIONS = ['workers', 'lease', 'backoff', 'poll', 'grace', 'signal', 'signals', 'onError'] as const
const SIGNALS = ['SIGTERM', 'SIGINT'] as const
/** Between looks at a database that is down, in milliseconds. */
const [FIRST_PAUSE, LONGEST_PAUSE] = [1000, 30_000]

/** One `run` of an inbox. */
export class Workers<Client> {
  readonly #inbox: Inbox<Client>
  readonly #store: Store<Client>
  readonly #handlers: Handlers<Client>
  readonly #count: number
  readonly #lease: number
  readonly #backoff: Backoff
  readonly #poll: number
  readonly #grace: number
  readonly #signal: AbortSignal | undefined
  readonly #signals: boolean
  readonly #onError: RunOptions<Client>['onError']
  readonly #news = new Bell()
  readonly #stopping = new AbortController()
  readonly #held = new Set<Delivery<Kind, Client>>()
  #ended: Promise<void> = Promise.resolve()

  constructor(inbox: Inbox<Client>, store: Store<Client>, handlers: Handlers<Client>, options: RunOptions<Client>) {
    if (!isA(handlers, Handlers)) {
      throw wrongArgument('run takes Handlers first: inbox.run(new Handlers({ fallback })).')
    }
    const { workers = 1, lease = LEASE, poll = 1, grace = 25, signals = true, ...given } = known(options, OPTIONS, 'run')
    const { backoff = new Backoff(), signal, onError } = given
    if (!isA(backoff, Backoff)) {
      throw wrongArgument('backoff must be a Backoff.')
    }
    if (signal !== undefined && !isA(signal, AbortSignal)) {
      throw wrongArgument('signal must be an AbortSignal.')
    }
    if (typeof signals !== 'boolean') {
      throw wrongArgument('signals must be true or false.')
    }
    if (onError !== undefined) {
      checkFunction(onError, 'onError')
    }
    this.#inbox = inbox
    this.#store = store
    this.#handlers = handlers
    this.#count = count(workers, 'workers')
    this.#lease = timer(lease, 'lease') / 1000
    this.#backoff = backoff
    this.#poll = timer(poll, 'poll')
    this.#grace = timer(grace, 'grace', 0)
    this.#signal = signal
    this.#signals = signals && isMainThread
    this.#onError = onError as RunOptions<Client>['onError']
  }

  /** Resolves when it has ended. */
  get ended(): Promise<void> {
    return this.#ended
  }

  run(): Promise<void> {
    this.#ended = this.#run()
    return this.#ended
  }

  /** Claims no more. */
  readonly stop = (): void => {
    this.#stopping.abort()
    this.wake()
  }

  /** There may be something to claim. */
  readonly wake = (): void => this.#news.ring()

  async #run(): Promise<void> {
    const silence = this.#store.listen(this.#inbox.scope, this.wake)
    const beat = setInterval(() => this.#beat(), (this.#lease * 1000) / 3)
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
      clearInterval(beat)
      silence()
    }
    if (this.#held.size > 0) {
      console.warn('yuno-webhooks: %d handlers still ran at the end; their deliveries come again', this.#held.size)
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
        claimed = await this.#inbox.claim({ lease: this.#lease, attempts: this.#backoff.attempts })
        wait = FIRST_PAUSE
      } catch (thrown) {
        console.error('yuno-webhooks: nothing can be claimed, looking again in %d s: %s', wait / 1000, reasonOf(thrown))
        await pause(wait, undefined, { signal: this.#stopping.signal }).catch(() => {})
        wait = Math.min(wait * 2, LONGEST_PAUSE)
        continue
      }
      for (const delivery of claimed) {
        await this.#handle(delivery)
      }
      if (claimed.length === 0) {
        await this.#news.wait(heard, this.#poll)
      }
    }
  }

  async #handle(delivery: Delivery<Kind, Client>): Promise<void> {
    const started = performance.now()
    let result: Result | null
    this.#held.add(delivery)
    try {
      result = await this.#resultOf(delivery)
    } catch (thrown) {
      const [own, next] = isStale(thrown) ? (['stale', 'another worker has it'] as const) : (['failed', 'its lease will expire'] as const)
      result = own
      console.warn('yuno-webhooks: the result of %s was not stored, %s: %s', delivery, next, reasonOf(thrown))
    } finally {
      this.#held.delete(delivery)
    }
    if (result !== null) {
      this.#inbox.report(result, delivery.kind, delivery.key, started)
    }
  }

  /** Null for what was given back. */
  async #resultOf(delivery: Delivery<Kind, Client>): Promise<Result | null> {
    if (this.#stopping.signal.aborted) {
      // It was claimed while the end came.
      await delivery.giveBack()
      return null
    }
    let event: WebhookEvent
    try {
      event = delivery.event
    } catch (thrown) {
      if (!isA(thrown, PayloadError)) {
        throw thrown
      }
      await delivery.bury(thrown)
      return 'dead'
    }
    try {
      await settle(() => this.#handlers.find(event.kind)(delivery))
    } catch (thrown) {
      return this.#fail(delivery, thrown)
    }
    if (delivery.state.ending === null) {
      await delivery.complete()
    }
    return resultOf(delivery)
  }

  async #fail(delivery: Delivery<Kind, Client>, error: unknown): Promise<Result | null> {
    if (delivery.state.ending !== null) {
      this.#tell(error, delivery, 'after it had given its result, which stands')
      return resultOf(delivery)
    }
    if (isStale(error)) {
      throw error
    }
    const delay = this.#backoff.delay(delivery.attempt)
    this.#tell(error, delivery, delay === null ? 'it was the last attempt' : `again in ${Math.ceil(delay)} s`)
    await (delay === null ? delivery.bury(error) : delivery.release(error, delay))
    return resultOf(delivery)
  }

  #tell(error: unknown, delivery: Delivery<Kind, Client>, next: string): void {
    const onError = this.#onError
    if (onError === undefined) {
      // Not the error itself: the fields of a driver's can quote a row.
      console.error('yuno-webhooks: the handler of %s failed, %s: %s', delivery, next, stackOf(error))
      return
    }
    const call = async () => onError(error, delivery)
    call().catch((thrown) => console.error('yuno-webhooks: onError failed, which changes nothing: %s', classOf(thrown)))
  }

  /** Extends the leases of what is being worked on. */
  #beat(): void {
    for (const delivery of this.#held) {
      delivery.extend(this.#lease).catch((thrown) => {
        // Not of one that has ended meanwhile.
        if (delivery.state.isEnding || !this.#held.has(delivery)) {
          return
        }
        console.warn('yuno-webhooks: the lease of %s could not be extended: %s', delivery, reasonOf(thrown))
        if (isStale(thrown)) {
          this.#held.delete(delivery)
        }
      })
    }
  }
}

function resultOf<Client>(delivery: Delivery<Kind, Client>): Result | null {
  const { ending } = delivery.state
  return ending === 'returned' ? null : ending
}

function isStale(thrown: unknown): boolean {
  return isA(thrown, InboxError) && thrown.code === 'STALE_FENCE'
}

function reasonOf(thrown: unknown): string {
  const { message, cause } = thrown as { message?: unknown; cause?: unknown }
  return isA(thrown, InboxError) ? `${message}${cause === undefined ? '' : ` (${classOf(cause)})`}` : stackOf(thrown)
}

function stackOf(thrown: unknown): string {
  try {
    return String(isA(thrown, Error) ? thrown.stack : thrown)
  } catch {
    return classOf(thrown)
  }
}
