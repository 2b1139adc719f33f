import { InboxError, PayloadError, wrongArgument } from '../errors'
import { isA } from '../given'
import type { WebhookEvent } from '../kinds'
import type { Kind } from '../names'
import { checkFunction, settle } from '../registry'
import { Backoff } from './backoff'
import type { Delivery } from './delivery'
import { Handlers } from './handlers'
import type { Inbox } from './inbox'
import { classOf, type Result } from './outcome'
import { LEASE, timer } from './spans'

/** How deliveries are worked on. Times are in seconds. */
export interface WorkOptions<Client = unknown> {
  /** A delivery whose worker says nothing for so long goes to another: 60 unless given. While a handler runs, its lease is extended. */
  readonly lease?: number | undefined
  /** When a handler that failed is called again, and how often. */
  readonly backoff?: Backoff | undefined
  /** Is told of a handler that failed. Otherwise `console.error`. */
  readonly onError?: ((error: unknown, delivery: Delivery<Kind, Client>) => unknown) | undefined
}

export const WORK_OPTIONS = ['lease', 'backoff', 'onError'] as const

/** Does the work of deliveries that are claimed, and gives their results. */
export class Worker<Client> {
  /** Of what it claims, in seconds. */
  readonly lease: number
  readonly #inbox: Inbox<Client>
  readonly #handlers: Handlers<Client>
  readonly #backoff: Backoff
  readonly #onError: WorkOptions<Client>['onError']
  readonly #stopping: AbortSignal
  readonly #held = new Set<Delivery<Kind, Client>>()
  #beats: NodeJS.Timeout | undefined

  /** `call` is what the merchant calls. What is claimed when `stopping` is aborted is given back. */
  constructor(
    inbox: Inbox<Client>,
    handlers: Handlers<Client>,
    options: Partial<Record<(typeof WORK_OPTIONS)[number], unknown>>,
    { call, stopping }: { readonly call: string; readonly stopping: AbortSignal },
  ) {
    if (!isA(handlers, Handlers)) {
      throw wrongArgument(`${call.replace(/\(.*/, '')} takes Handlers: inbox.${call}.`)
    }
    const { lease = LEASE, backoff = new Backoff(), onError } = options
    if (!isA(backoff, Backoff)) {
      throw wrongArgument('backoff must be a Backoff.')
    }
    if (onError !== undefined) {
      checkFunction(onError, 'onError')
    }
    this.#inbox = inbox
    this.#handlers = handlers
    this.lease = timer(lease, 'lease') / 1000
    this.#backoff = backoff
    this.#onError = onError as WorkOptions<Client>['onError']
    this.#stopping = stopping
  }

  /** After so many attempts a delivery is dead. */
  get attempts(): number {
    return this.#backoff.attempts
  }

  /** How many deliveries it holds. */
  get held(): number {
    return this.#held.size
  }

  /** Keeps the leases of what is being worked on. */
  begin(): void {
    // Two that fail one after another cost nobody the lease.
    this.#beats = setInterval(() => this.#beat(), (this.lease * 1000) / 4)
  }

  /** Leaves them to expire. */
  end(): void {
    clearInterval(this.#beats)
  }

  /** Works on a delivery; whether it did. It never rejects: a result that cannot be stored is logged, and the delivery comes again. */
  async work(delivery: Delivery<Kind, Client>): Promise<boolean> {
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
    return result !== null
  }

  /** Null for what was given back. */
  async #resultOf(delivery: Delivery<Kind, Client>): Promise<Result | null> {
    if (this.#stopping.aborted) {
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
    this.#tell(error, delivery, delay === null ? farewell(delivery.key) : `again in ${Math.ceil(delay)} s`)
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
      delivery.extend(this.lease).catch((thrown) => {
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

/** Why something was not done, for a log: of a database's error its class and code alone. */
export function reasonOf(thrown: unknown): string {
  const { message, cause } = thrown as { message?: unknown; cause?: unknown }
  return isA(thrown, InboxError) ? `${message}${cause === undefined ? '' : ` (${classOf(cause)})`}` : stackOf(thrown)
}

function resultOf<Client>(delivery: Delivery<Kind, Client>): Result | null {
  const { ending } = delivery.state
  return ending === 'returned' ? null : ending
}

/** What to do about a delivery that is dead, for whoever reads the log at night. */
function farewell(key: string): string {
  const command = 'npx --no-install yuno-webhooks inbox'
  return `it was the last attempt: it is dead. \`${command} show ${key}\`, mend it, then \`${command} replay ${key}\``
}

function isStale(thrown: unknown): boolean {
  return isA(thrown, InboxError) && thrown.code === 'STALE_FENCE'
}

function stackOf(thrown: unknown): string {
  try {
    return String(isA(thrown, Error) ? thrown.stack : thrown)
  } catch {
    return classOf(thrown)
  }
}
