import { known } from '../given'
import type { Handlers } from './handlers'
import type { Inbox } from './inbox'
import type { Running } from './run'
import { WORK_OPTIONS, Worker, type WorkOptions } from './worker'

/** One `work` of an inbox: everything that is due of one resource. */
export class Lane<Client> implements Running {
  readonly #inbox: Inbox<Client>
  readonly #key: string
  readonly #worker: Worker<Client>
  readonly #stopping = new AbortController()
  #ended: Promise<unknown> = Promise.resolve()

  constructor(inbox: Inbox<Client>, key: string, handlers: Handlers<Client>, options: WorkOptions<Client>) {
    const call = 'work(key, new Handlers({ fallback }))'
    this.#inbox = inbox
    this.#key = key
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
        const delivery = await this.#inbox.claimLane(this.#key, { lease, attempts })
        if (delivery === null) {
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
