import { known } from '../given'
import type { Kind } from '../names'
import type { Delivery } from './delivery'
import type { Handlers } from './handlers'
import type { Inbox } from './inbox'
import type { Running } from './run'
import { WORK_OPTIONS, Worker, type WorkOptions } from './worker'

/** Leases one delivery of the lane, or says that there is none for now. */
type Claim<Client> = (lease: number, attempts: number) => Promise<Delivery<Kind, Client> | undefined>

/** One `work` of an inbox: everything that is due of one resource. */
export class Lane<Client> implements Running {
  readonly #claim: Claim<Client>
  readonly #worker: Worker<Client>
  readonly #stopping = new AbortController()
  #ended: Promise<unknown> = Promise.resolve()

  constructor(inbox: Inbox<Client>, claim: Claim<Client>, handlers: Handlers<Client>, options: WorkOptions<Client>) {
    const call = 'work(key, new Handlers({ fallback }))'
    this.#claim = claim
    this.#worker = new Worker(inbox, handlers, known(options, WORK_OPTIONS, 'work'), { call, stopping: this.#stopping.signal })
  }

  get ended(): Promise<unknown> {
    return this.#ended
  }

  /** Gives how many deliveries it worked on. */
  run(): Promise<number> {
    const work = this.#work()
    // Whoever waits for its end alone is not told how it ended.
    this.#ended = work.catch(() => {})
    return work
  }

  stop(): void {
    this.#stopping.abort()
  }

  /** It looks by itself, until there is nothing. */
  wake(): void {}

  async #work(): Promise<number> {
    const { lease, attempts } = this.#worker
    let worked = 0
    this.#worker.begin()
    try {
      while (!this.#stopping.signal.aborted) {
        const delivery = await this.#claim(lease, attempts)
        if (delivery === undefined) {
          break
        }
        worked += Number(await this.#worker.work(delivery))
      }
    } finally {
      this.#worker.end()
    }
    return worked
  }
}
