import * as native from '../../native'
import { type Body, rawBytes } from '../body'
import { Schedule } from '../delivery'
import { guarded, PayloadError, wrongArgument } from '../errors'
import { Event } from '../event'
import { isA, known } from '../given'
import type { Bytes } from '../host'
import type { Kind } from '../names'
import { checkFunction } from '../registry'
import { checkKind } from '../tables'
import { Backoff } from './backoff'
import { Delivery, type Desk } from './delivery'
import type { Handlers } from './handlers'
import { Lane } from './lane'
import type { AgeOptions, ClaimOptions, DeadOptions, DueOptions, LaneOptions, ListOptions, OPTIONS } from './options'
import { type Observer, type Result, report } from './outcome'
import { MOMENT, type Publisher, publish } from './publish'
import { type Accepted, checkState, type InboxRecord, recordOf, type Stats, statsOf } from './record'
import { Run, type Running, type RunOptions } from './run'
import { found, schema } from './schema'
import { count, LEASE, milliseconds } from './spans'
import { PATIENCE, type Query, type Row, type Store, type Value } from './store'
import type { WorkOptions } from './worker'

/** Where tests put a clock of their own: milliseconds since 1970, or null for the database's. */
const CLOCK: unique symbol = Symbol.for('yuno-webhooks.clock') as never
/** Only the stores have it: an inbox is opened, not made. */
export const OPENED: unique symbol = Symbol('opened')

const MONTH = 30 * 86_400
const MINUTE = 60
const BATCH = 1000

/** Deliveries in a database: each stored once, and worked on by one worker at a time. Times are in seconds. */
export class Inbox<Client = unknown> {
  readonly #desk: Desk<Client>
  readonly #scope: string
  readonly #onOutcome: Observer | undefined
  readonly #publisher: Publisher | undefined
  readonly #running = new Set<Running>()
  #closed: Promise<void> | undefined;
  /** @internal */
  [CLOCK]: () => number | null = () => null

  /** @internal */
  constructor(store: Store<Client>, options: Partial<Record<(typeof OPTIONS)[number], unknown>>, opened: typeof OPENED) {
    if (opened !== OPENED) {
      throw wrongArgument('An inbox is not made with new: await SqliteInbox.open(path), or await PostgresInbox.open({ pool }).')
    }
    const { scope = 'default', onOutcome, publish } = options
    if (typeof scope !== 'string' || scope === '') {
      throw wrongArgument('scope must be a name of yours for the endpoint, such as "shop".')
    }
    if (onOutcome !== undefined) {
      checkFunction(onOutcome, 'onOutcome')
    }
    if (publish !== undefined) {
      checkFunction(publish, 'publish')
    }
    this.#scope = scope
    this.#onOutcome = onOutcome as Observer | undefined
    this.#publisher = publish as Publisher | undefined
    const statements = new Map(native.inboxStatements(store.name).map((one) => [one.name, one]))
    this.#desk = { store, query: (name, values) => this.#query(name, statements.get(name), values) }
  }

  /** Brings the schema up, or only checks it, and gives an inbox that can be used. @internal */
  protected async ready(migrate: unknown = true): Promise<this> {
    if (typeof migrate !== 'boolean') {
      throw wrongArgument('migrate must be true or false.')
    }
    await this.#desk.store.transact(() => {}, schema(this.#desk, migrate))
    return this
  }

  /** Keys and counts of different scopes have nothing to do with each other. */
  get scope(): string {
    return this.#scope
  }

  /** Stores an event once. When this has resolved, it may be acknowledged. */
  async accept(event: Event): Promise<Accepted> {
    if (!isA(event, Event as unknown as abstract new () => Event)) {
      throw wrongArgument('The event must be one that verifier.verify gave.')
    }
    const body = event.raw
    return this.#accept(
      guarded(() => native.inboxRow(body)),
      body,
    )
  }

  /** Stores an authentic body that is no event, as dead. Null if there is nothing that could be stored. */
  async acceptUnreadable(body: Body, error: PayloadError): Promise<Accepted | null> {
    if (!isA(error, PayloadError)) {
      throw wrongArgument('The error must be the PayloadError with which the body was refused.')
    }
    const bytes = Buffer.from(rawBytes(body))
    const row = guarded(() => native.inboxRowOfUnreadable(`${error.code}`, `${error.hint}`, bytes))
    return row === null ? null : this.#accept(row, bytes)
  }

  async #accept(given: native.InboxRow, body: Bytes): Promise<Accepted> {
    const started = performance.now()
    const row: native.InboxRow = Object.assign(Object.create(null), given)
    const kind = (row.kind ?? null) as Kind | null
    let stored: Row | undefined
    try {
      ;[stored] = await this.#desk.store.runInTime(this.#desk.query('accept', { ...row, body }))
    } catch (thrown) {
      this.report('unavailable', kind, row.key, started)
      throw thrown
    }
    const accepted: Accepted = { key: String(stored?.dedupe_key), outcome: stored?.outcome as Accepted['outcome'] }
    const isNew = accepted.outcome !== 'duplicate'
    const isDead = row.error_class !== undefined
    this.report(isNew && isDead ? 'unreadable' : accepted.outcome, kind, accepted.key, started)
    if (isNew && !isDead) {
      for (const running of this.#running) {
        running.wake()
      }
      this.#desk.store.tell?.(this.#desk.query('notify', {}))
      if (this.#publisher !== undefined) {
        await publish(this.#publisher, accepted.key, MOMENT)
      }
    }
    return accepted
  }

  /** Leases deliveries that are due: of each resource one, and the one with the oldest news first. */
  async claim(options: ClaimOptions = {}): Promise<Delivery<Kind, Client>[]> {
    const { limit = 1, lease = LEASE, attempts = new Backoff().attempts } = known(options, ['limit', 'lease', 'attempts'], 'claim')
    const claim = { limit: count(limit, 'limit'), lease: milliseconds(lease, 'lease') }
    return this.#claim('claim', claim, count(attempts, 'attempts'))
  }

  /** Leases the oldest news that is due of the resource that a key's delivery belongs to; null if there is none, or somebody works on the resource. */
  async claimLane(key: string, options: LaneOptions = {}): Promise<Delivery<Kind, Client> | null> {
    const { lease = LEASE, attempts = new Backoff().attempts } = known(options, ['lease', 'attempts'], 'claimLane')
    const claim = { key: text(key, 'key'), lease: milliseconds(lease, 'lease') }
    const [claimed = null] = await this.#claim('claim_lane', claim, count(attempts, 'attempts'))
    return claimed
  }

  async #claim(statement: string, values: Readonly<Record<string, Value>>, attempts: number): Promise<Delivery<Kind, Client>[]> {
    for (;;) {
      await this.#expire(attempts)
      try {
        const claimed = (await this.#run(statement, values)).map((row) => new Delivery<Kind, Client>(this.#desk, row))
        return claimed.sort((one, other) => Number(one.id - other.id))
      } catch (thrown) {
        if (!this.#desk.store.isRace(thrown)) {
          throw thrown
        }
      }
    }
  }

  /** Takes back what workers ended with. */
  async #expire(attempts: number): Promise<void> {
    for (const { state, kind, dedupe_key: key } of await this.#run('expire', { attempts })) {
      if (state === 'dead') {
        this.report('dead', kind as Kind | null, String(key), performance.now())
      }
    }
  }

  /**
   * Works until `stop` is called, the signal is aborted, or SIGTERM or SIGINT comes: claims deliveries, calls their handlers, and gives the result.
   * Resolves when it has ended; it does not end the process.
   */
  async run(handlers: Handlers<Client>, options: RunOptions<Client> = {}): Promise<void> {
    await this.#during(new Run(this, this.#desk.store, handlers, options))
  }

  /**
   * For the consumer of your own queue: works on everything that is due of the resource that this key's delivery belongs to, one after another, and
   * gives the number of deliveries. It is 0 where somebody else works on that resource, nothing of it is due, or the key is not there.
   *
   * It rejects with `STORE_UNAVAILABLE`, and then the queue should try again. A handler that fails is the inbox's business: its delivery waits, and
   * `sweep` publishes it again.
   */
  async work(key: string, handlers: Handlers<Client>, options: WorkOptions<Client> = {}): Promise<number> {
    return this.#during(new Lane(this, text(key, 'key'), handlers, options))
  }

  async #during<T>(work: Running & { run(): Promise<T> }): Promise<T> {
    this.#running.add(work)
    try {
      return await work.run()
    } finally {
      this.#running.delete(work)
    }
  }

  /**
   * Publishes again what has been due for a minute, or as you say, and was not claimed: what the queue did not take or has lost, what a worker that
   * was killed left, and what is to be tried again. Gives how many. Have your scheduler call it each minute.
   */
  async sweep(options: DueOptions = {}): Promise<number> {
    if (this.#publisher === undefined) {
      throw wrongArgument(
        'sweep publishes, so the inbox must be opened with publish: SqliteInbox.open(path, { publish: (key) => queue.add(key) }).',
      )
    }
    let published = 0
    for (const key of await this.due(options)) {
      const result = await publish(this.#publisher, key, PATIENCE)
      if (result === 'late') {
        // Of a queue that hangs, each would wait as long.
        break
      }
      published += Number(result === 'published')
    }
    return published
  }

  /** The keys of what `sweep` publishes. */
  async due(options: DueOptions = {}): Promise<string[]> {
    const given = known(options, ['olderThan', 'limit', 'attempts'], 'due')
    const { olderThan = MINUTE, limit = BATCH, attempts = new Backoff().attempts } = given
    const values = { older_than: milliseconds(olderThan, 'olderThan'), limit: count(limit, 'limit') }
    await this.#expire(count(attempts, 'attempts'))
    return (await this.#run('due', values)).map((row) => String(row.dedupe_key))
  }

  /** Has every `run` and `work` of this inbox claim no more, finish what it has, and resolve. */
  stop(): void {
    for (const running of this.#running) {
      running.stop()
    }
  }

  /** Stops, waits for what runs, and closes the connections that are the inbox's own. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.stop()
    await Promise.all([...this.#running].map((running) => running.ended))
    await this.#desk.store.close()
  }

  /** What is stored under a key. @throws {InboxError} `NOT_FOUND` */
  async find(key: string): Promise<InboxRecord> {
    return recordOf(found(await this.#run('find', { key: text(key, 'key') })))
  }

  /** Deliveries of one state, the oldest first, to be looked at: of one kind, or of all; 100 unless another limit is given. */
  async list(options: ListOptions = {}): Promise<InboxRecord[]> {
    const { state = 'dead', ...others } = known(options, ['state', 'kind', 'limit'], 'list') as ListOptions
    checkState(state)
    return (await this.#run('list', { state, ...some(others, 'list') })).map(recordOf)
  }

  /** The dead: `list({ state: 'dead' })`. */
  async dead(options: DeadOptions = {}): Promise<InboxRecord[]> {
    return this.list({ ...(known(options, ['kind', 'limit'], 'dead') as DeadOptions), state: 'dead' })
  }

  /**
   * Has a delivery that is done or dead worked on again, from its first attempt.
   *
   * @throws {InboxError} `NOT_FOUND` if there is none, it is on its way already, or its body was purged.
   */
  async replay(key: string): Promise<void> {
    found(await this.#run('replay', { key: text(key, 'key') }))
  }

  /** Has dead deliveries worked on again, the oldest first: of one kind, or of all; 100 unless another limit is given. Gives their number. */
  async replayDead(options: DeadOptions = {}): Promise<number> {
    return (await this.#run('replay_dead', some(options, 'replayDead'))).length
  }

  /** Ends a dead delivery that is not to be worked on. @throws {InboxError} `NOT_FOUND` if it is not dead. */
  async discard(key: string): Promise<void> {
    found(await this.#run('discard', { key: text(key, 'key') }))
  }

  /**
   * Removes the bodies of deliveries that are done and older than 30 days, or as you say; gives their number. Their keys stay, and what is dead stays
   * whole: replay or discard it first.
   *
   * @throws {InboxError} `RETENTION_TOO_SHORT` if the provider may still deliver one of them again.
   */
  async purge(options: Partial<AgeOptions> = {}): Promise<number> {
    return this.#clear('purge', { olderThan: MONTH, ...options })
  }

  /**
   * Removes the keys of purged deliveries; gives their number.
   *
   * What it gives up: no timestamp is signed, so whoever sends one of these deliveries again, be it the provider's support or a thief of recordings, is
   * believed again. Only do it where the table has become too large.
   *
   * @throws {InboxError} `RETENTION_TOO_SHORT`, as `purge`.
   */
  async forgetKeys(options: AgeOptions): Promise<number> {
    return this.#clear('forget', options)
  }

  async #clear(statement: string, options: AgeOptions): Promise<number> {
    const { olderThan, schedule = new Schedule(), limit = BATCH } = known(options, ['olderThan', 'schedule', 'limit'], statement)
    const values = { older_than: milliseconds(olderThan, 'olderThan'), limit: count(limit, 'limit') }
    if (!isA(schedule, Schedule)) {
      throw wrongArgument('schedule must be a Schedule.')
    }
    schedule.checkRetention(Math.floor(values.older_than / 1000))
    let removed = 0
    // In parts, so that nobody who writes waits for long.
    for (let part = values.limit; part === values.limit; removed += part) {
      part = (await this.#run(statement, values)).length
    }
    return removed
  }

  /** How many deliveries are pending, leased and dead, and how old the oldest pending one is. */
  async stats(): Promise<Stats> {
    return statsOf(found(await this.#run('stats', {})))
  }

  /** Tells `onOutcome`. @internal */
  report(result: Result, kind: Kind | null, key: string, started: number): void {
    report(this.#onOutcome, { result, kind, key, seconds: (performance.now() - started) / 1000 })
  }

  #run(statement: string, values: Readonly<Record<string, Value>>): Promise<readonly Row[]> {
    return this.#desk.store.run(this.#desk.query(statement, values))
  }

  /** What a statement does not get is null. */
  #query(name: string, statement: native.InboxStatement | undefined, values: Readonly<Record<string, Value>>): Query {
    const { text = '', parameters = [] } = statement ?? {}
    // Without a prototype: what somebody put on Object.prototype is no parameter.
    const all: Readonly<Record<string, Value>> = Object.assign(Object.create(null), values, { scope: this.#scope, now: this[CLOCK]() })
    return { name, text, values: Object.fromEntries(parameters.map((own) => [own, all[own] ?? null])) }
  }
}

function some(options: DeadOptions, taker: string): Readonly<Record<string, Value>> {
  const { kind = null, limit = 100 } = known(options, ['kind', 'limit'], taker)
  if (kind !== null) {
    checkKind(kind)
  }
  return { kind, limit: count(limit, 'limit') }
}

function text(given: unknown, name: string): string {
  if (typeof given !== 'string') {
    throw wrongArgument(`${name} must be a string.`)
  }
  return given
}
