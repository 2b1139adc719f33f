import * as native from '../../native'
import { wrongArgument } from '../errors'
import { isA, known } from '../given'
import { Inbox, OPENED } from './inbox'
import { listen } from './listen'
import { type InboxOptions, OPTIONS } from './options'
import { noDriver, PATIENCE, type Query, type Row, type Script, type Store, unavailable } from './store'

/** A connection, as `Client` and `PoolClient` of pg are. */
export interface PgClient {
  // biome-ignore lint/suspicious/noExplicitAny: pg's own type of parameters and rows
  query(text: string, values?: any[]): Promise<{ rows: any[]; rowCount: number | null }>
}

/** What the inbox uses of a connection of a pool. */
export interface PooledClient extends PgClient {
  on(event: string, listener: (given: { payload?: string | undefined }) => void): unknown
  off(event: string, listener: (given: { payload?: string | undefined }) => void): unknown
  release(isBroken?: boolean): void
}

/** A pool, as `Pool` of pg is. */
export interface PgPool<Client extends PgClient = PgClient> {
  connect(): Promise<Client>
  // biome-ignore lint/suspicious/noExplicitAny: as above
  query(config: { text: string; values: any[] }): Promise<{ rows: any[] }>
  end(): Promise<void>
  readonly options?: { readonly max?: number | undefined } | undefined
}

/** What a pool gives; pg's own has a second way to call it, with a callback. */
type ClientOf<Pool> = Pool extends { connect: { (): Promise<infer Client extends PgClient>; (...given: never[]): unknown } }
  ? Client
  : PgClient

export interface PostgresOptions<Pool extends PgPool = PgPool> extends InboxOptions {
  /**
   * Your own pool. The inbox takes a connection of it for each handler in a transaction, for each statement of its own, and one to listen: let it have
   * some more than `workers`. Give it a listener for "error", as every pool needs, and leave it open until the inbox is closed.
   */
  readonly pool?: Pool | undefined
  /** Where the database is, `postgresql://...`, for pools of the inbox's own. */
  readonly connectionString?: string | undefined
  /** TLS of these, as pg takes it. */
  readonly ssl?: unknown
  /** How many connections each of the two has: 10 unless given. */
  readonly max?: number | undefined
}

/**
 * An inbox in PostgreSQL 12 or newer, for as many machines as you like; `delivery.transaction` makes effects in the same database happen exactly once.
 * The tables are `yuno_inbox` and `yuno_inbox_schema`, in the first schema of the connections' `search_path`.
 */
export class PostgresInbox<Client extends PgClient = PgClient> extends Inbox<Client> {
  /** @throws {InboxError} `STORE_UNAVAILABLE`, `SCHEMA_MISMATCH`. */
  static async open<Pool extends PgPool>(options: PostgresOptions<Pool>): Promise<PostgresInbox<ClientOf<Pool>>> {
    const { pool, connectionString, ssl, max, ...given } = known(
      options,
      ['pool', 'connectionString', 'ssl', 'max', ...OPTIONS],
      'PostgresInbox.open',
    )
    const store = new PostgresStore<ClientOf<Pool>>(poolsOf(pool, connectionString, { ssl, max }), pool === undefined)
    try {
      return await new PostgresInbox<ClientOf<Pool>>(store, given, OPENED).ready(given.migrate)
    } catch (thrown) {
      await store.close()
      throw thrown
    }
  }
}

/** Pools: one to accept by, whose connections give up in time, and one to work by, whose may take as long as the work does. */
interface Pools {
  readonly accepting: PgPool
  readonly working: PgPool
}

/** How long a statement of the inbox's own may take that nobody waits for, in milliseconds: a connection that is dead does not say so. */
const LONGEST = 60_000

/**
 * Whatever the database's defaults are: the statements are for this level, and short. In a large table PostgreSQL takes them for long ones, and would compile
 * them for each delivery anew.
 */
const SET_UP = "SET default_transaction_isolation = 'read committed'; SET jit = off"

/** How long what was accepted waits for more, in milliseconds, before workers in other processes are told. */
const TELL_AFTER = 10

class PostgresStore<Client extends PgClient> implements Store<Client> {
  readonly name = 'postgres'
  readonly #pools: Pools
  readonly #isOwn: boolean
  #telling: NodeJS.Timeout | undefined

  constructor(pools: Pools, isOwn: boolean) {
    this.#pools = pools
    this.#isOwn = isOwn
  }

  async run({ text, values }: Query, client?: Client): Promise<readonly Row[]> {
    const config = { text, values: Object.values(values) }
    const answer = client === undefined ? this.#pools.working.query(within(config, LONGEST)) : client.query(text, config.values)
    return (await attempt(answer)).rows
  }

  async runInTime({ text, values }: Query): Promise<readonly Row[]> {
    const config = within({ text, values: Object.values(values) }, PATIENCE)
    let timer: NodeJS.Timeout | undefined
    // Also for the time in which a pool makes or waits for a connection. What is stored after all is a duplicate when it comes again.
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE / 1000} seconds`)), PATIENCE)
    })
    try {
      return (await attempt(Promise.race([this.#pools.accepting.query(config), late]))).rows
    } finally {
      clearTimeout(timer)
    }
  }

  /** Seldom, since a notification is a commit: what is accepted until then is told of together. Without any, the poll finds it. */
  tell({ text, values }: Query): void {
    this.#telling ??= setTimeout(() => {
      this.#telling = undefined
      this.#pools.accepting.query(within({ text, values: Object.values(values) }, PATIENCE)).catch(ignore)
    }, TELL_AFTER).unref()
  }

  async transact<T>(work: (client: Client) => T, script: Script): Promise<Awaited<T>> {
    const client = (await attempt(this.#pools.working.connect())) as PooledClient & Client
    // A connection that is lost while the work does something else says so only here, and would end the process.
    client.on('error', ignore)
    let isBroken = false
    try {
      await attempt(client.query('BEGIN ISOLATION LEVEL READ COMMITTED'))
      const value = await work(client)
      let step = script.next()
      while (!step.done) {
        step = script.next(await this.run(step.value, client))
      }
      await attempt(client.query('COMMIT'))
      return value
    } catch (thrown) {
      isBroken = await client.query('ROLLBACK').then(
        () => false,
        () => true,
      )
      throw thrown
    } finally {
      client.off('error', ignore)
      client.release(isBroken)
    }
  }

  isRace(error: unknown): boolean {
    const { cause } = error as { cause?: { code?: unknown } }
    return cause?.code === native.inboxRaceSqlstate()
  }

  listen(scope: string, wake: () => void): () => void {
    const { working } = this.#pools
    // Of a pool of one nothing would be left to work by: what comes is found by the poll.
    return working.options?.max === 1 ? ignore : listen(working as PgPool<PooledClient>, scope, wake)
  }

  async close(): Promise<void> {
    if (this.#isOwn) {
      await Promise.all([this.#pools.accepting.end(), this.#pools.working.end()])
    }
  }
}

function ignore(): void {}

/** A limit that pg watches over by itself, as the server cannot where the network is gone. */
function within<Config extends object>(config: Config, limit: number): Config {
  return { ...config, query_timeout: limit }
}

async function attempt<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (thrown) {
    throw unavailable(thrown)
  }
}

function poolsOf(pool: unknown, connectionString: unknown, { ssl, max = 10 }: { ssl: unknown; max: unknown }): Pools {
  if ((pool === undefined) === (connectionString === undefined)) {
    throw wrongArgument('PostgresInbox.open takes one of two: pool, a Pool of pg, or connectionString, such as "postgresql://...".')
  }
  if (pool !== undefined) {
    const { connect, query } = (pool ?? {}) as Partial<PgPool>
    if (typeof connect !== 'function' || typeof query !== 'function') {
      throw wrongArgument('pool must be a Pool of pg: new Pool({ connectionString }).')
    }
    return { accepting: pool as PgPool, working: pool as PgPool }
  }
  if (typeof connectionString !== 'string' || !Number.isSafeInteger(max) || (max as number) < 1) {
    throw wrongArgument('connectionString must be a string, and max a whole number, 1 or more.')
  }
  const { Pool } = installed()
  const usual = {
    connectionString,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // pg 8.20 and newer call this.
    onConnect: (client: PgPool) => client.query(within({ text: SET_UP, values: [] }, PATIENCE)),
    ...(ssl !== undefined && { ssl }),
  }
  const limits = { connectionTimeoutMillis: PATIENCE, statement_timeout: PATIENCE }
  const pools = { accepting: new Pool({ ...usual, ...limits, max }), working: new Pool({ ...usual, max: (max as number) + 1 }) }
  for (const own of Object.values(pools)) {
    // An idle connection that the server ends: the pool makes another.
    own.on('error', ignore)
  }
  return pools
}

function installed(): { Pool: new (options: object) => PgPool & { on(event: 'error', listener: () => void): unknown } } {
  try {
    return require('pg')
  } catch (thrown) {
    if (isA(thrown, Error) && 'code' in thrown && thrown.code === 'MODULE_NOT_FOUND') {
      throw noDriver('The driver for PostgreSQL is not installed. Add it: npm install pg')
    }
    throw thrown
  }
}
