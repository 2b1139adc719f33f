import { setTimeout as pause } from 'node:timers/promises'
import * as native from '../../native'
import { errorOf, guarded, wrongArgument } from '../errors'
import { isA } from '../given'
import { bare, type Commands, keySlot } from './redis-commands'
import { PATIENCE, type Query, type Row, type Script, type Store, unavailable, type Value } from './store'

/** How much of what was acknowledged may be lost when Redis crashes: nothing, the last second, or what nobody checks. */
export type Durability = 'always' | 'everysec' | 'unchecked'

export interface RedisPlace {
  readonly scope: string
  readonly durability: Durability
  readonly replicas: number
  /** The number of partitions that whoever opens it names. */
  readonly partitions: number | undefined
  /** Whether the client is the inbox's own. */
  readonly isOwn: boolean
}

/** How long a statement may take that nobody waits for, in milliseconds: a server that hangs does not say so. */
const LONGEST = 15_000
/** For how long an accept is sent again where the connection was lost, in milliseconds: what was stored nevertheless is then a duplicate. */
const AGAIN = 1000
/** How long replicas have to confirm a delivery, in milliseconds. */
const REPLICAS = 1000
/** How long a node that could not be reached is left alone by what can do without it, in milliseconds. */
const REST = 5000
const RING = "redis.call('RPUSH', KEYS[1], '1') redis.call('LTRIM', KEYS[1], -64, -1) return 1"
/** What is done for one partition does not depend on another one. */
const APART: ReadonlySet<string> = new Set(['expire', 'claim', 'due'])

/** Deliveries in the partitions of a scope: a script is run wherever the core says that it reaches. */
export class RedisStore implements Store<never> {
  readonly name = 'redis'
  readonly #commands: Commands
  readonly #place: RedisPlace
  readonly #reaches = new Map(native.inboxStatements('redis').map(({ name, reach, text }) => [name, { reach, text }]))
  readonly #rests = new Map<string, number>()
  #keys: native.InboxPartitions
  #turn = 0

  constructor(commands: Commands, place: RedisPlace) {
    this.#commands = commands
    this.#place = place
    // As long as nothing is known of the store.
    this.#keys = guarded(() => native.inboxPartitions(place.scope, place.partitions ?? 1))
  }

  /** Checks the servers, brings the schema up or only checks it, and finds out how many partitions there are. */
  async open(migrate: boolean): Promise<void> {
    const { scope, durability, partitions } = this.#place
    for (const { info, fsync, noFsyncOnRewrite } of await attempt(this.#commands.servers(), PATIENCE)) {
      guarded(() => native.inboxCheckRedis(durability, info, fsync, noFsyncOnRewrite))
      checkServer(info, this.#commands.isCluster)
    }
    const { version } = await this.#version()
    const missing = guarded(() => native.inboxMigrations('redis', version))
    if (missing.length > 0 && !migrate) {
      throw errorOf('SCHEMA_MISMATCH', 'It was opened without migrating it.')
    }
    for (const text of missing) {
      await this.#script(text, [this.#keys.scope], [partitions ?? 1])
    }
    // Another process may have been faster, with another number.
    const { count } = await this.#version()
    this.#keys = guarded(() => native.inboxPartitions(scope, count, partitions))
  }

  async #version(): Promise<{ version: number; count: number }> {
    const ask = (name: string) => this.#script(this.#reaches.get(name)?.text ?? '', [this.#keys.scope], [])
    const [found] = await ask('installed')
    if (Number(found?.installed) === 0) {
      return { version: 0, count: 0 }
    }
    const [row] = await ask('version')
    return { version: Number(row?.version), count: Number(row?.partitions) }
  }

  async run(query: Query, client?: never): Promise<readonly Row[]> {
    if (client !== undefined) {
      throw wrongArgument(ALONE)
    }
    const { text, values } = query
    const all = Object.values(values)
    const { bases, scope } = this.#keys
    switch (this.#reaches.get(query.name)?.reach) {
      case 'scope':
        return this.#script(text, [scope], all)
      case 'id':
        return this.#script(text, [bases[Number(BigInt(String(values.id)) % BigInt(bases.length))] ?? ''], all)
      case 'key':
        return this.#search(query)
      case 'sum':
        return [sumOf(await this.#each(query))]
      default:
        return this.#each(query)
    }
  }

  /** An accept. */
  async runInTime(query: Query): Promise<readonly Row[]> {
    if (query.name !== 'accept') {
      return this.run(query)
    }
    const until = performance.now() + AGAIN
    for (;;) {
      try {
        return await this.#accept(query)
      } catch (thrown) {
        const { cause } = thrown as { cause?: { name?: unknown } }
        // Only where the connection was lost.
        if (cause === undefined || cause.name === 'ReplyError' || isA(cause, Unanswered) || performance.now() > until) {
          throw thrown
        }
      }
      await pause(100)
    }
  }

  async #accept({ text, values }: Query): Promise<readonly Row[]> {
    const { bases, bell } = this.#keys
    const { resource, key } = values as { resource: string | null; key: string }
    const base = bases[guarded(() => native.inboxPartition(bases.length, resource, key))] ?? ''
    const isOne = bases.length === 1
    const rows = await this.#script(text, isOne ? [base, bell] : [base], Object.values(values), {
      limit: PATIENCE,
      replicas: this.#place.replicas,
    })
    const isNews = rows[0]?.outcome !== 'duplicate' && values.error_class === null
    if (isNews && !isOne && !this.#isResting(bell)) {
      // If nobody hears it, the poll finds it.
      this.#script(RING, [bell], []).catch(() => this.#rest(bell))
    }
    return rows
  }

  /** One partition after another, until one gives rows. */
  async #search({ text, values }: Query): Promise<readonly Row[]> {
    let failure: unknown
    const silent = new Set<string>()
    for (const base of this.#keys.bases) {
      // One wait for each node is enough.
      if (silent.has(this.#nodeOf(base))) {
        continue
      }
      try {
        const rows = await this.#script(text, [base], Object.values(values))
        if (rows.length > 0) {
          return rows
        }
      } catch (thrown) {
        failure = thrown
        silent.add(this.#nodeOf(base))
      }
    }
    if (failure !== undefined) {
      // It may be there.
      throw failure
    }
    return []
  }

  /** One partition after another, until there are as many rows as the limit says. */
  async #each({ name, text, values }: Query): Promise<Row[]> {
    const isApart = APART.has(name)
    const rows: Row[] = []
    let [failure, isReached]: [unknown, boolean] = [undefined, false]
    for (const base of this.#inTurn(name)) {
      const limit = values.limit === undefined ? undefined : Number(values.limit) - rows.length
      if (limit === 0) {
        break
      }
      if (isApart && this.#isResting(base)) {
        continue
      }
      try {
        rows.push(...(await this.#script(text, [base], Object.values(limit === undefined ? values : { ...values, limit }))))
        isReached = true
      } catch (thrown) {
        if (!isApart) {
          throw thrown
        }
        failure = thrown
        this.#rest(base)
      }
    }
    if (failure !== undefined && !isReached) {
      throw failure
    }
    return rows
  }

  /** For a claim another one is the first each time, so that none has to wait for ever. */
  #inTurn(name: string): readonly string[] {
    const { bases } = this.#keys
    if (APART.has(name) && bases.every((base) => this.#isResting(base))) {
      this.#rests.clear()
    }
    if (name !== 'claim') {
      return bases
    }
    this.#turn = (this.#turn + 1) % bases.length
    return [...bases.slice(this.#turn), ...bases.slice(0, this.#turn)]
  }

  #isResting(key: string): boolean {
    return (this.#rests.get(this.#nodeOf(key)) ?? 0) > performance.now()
  }

  #rest(key: string): void {
    this.#rests.set(this.#nodeOf(key), performance.now() + REST)
  }

  #nodeOf(key: string): string {
    return this.#commands.nodeOf(keySlot(key))
  }

  async #script(
    text: string,
    keys: readonly string[],
    values: readonly Value[],
    { limit = LONGEST, replicas = 0 }: { readonly limit?: number; readonly replicas?: number } = {},
  ): Promise<Row[]> {
    const { rows, confirmed } = await attempt(this.#commands.script(text, keys, values, { replicas, within: REPLICAS }), limit)
    if (confirmed < replicas) {
      throw unavailable(new Unanswered(`${confirmed} of ${replicas} replicas have confirmed it within a second`))
    }
    return rows
  }

  async transact<T>(_work: (client: never) => T, _script: Script): Promise<Awaited<T>> {
    throw wrongArgument(ALONE)
  }

  isRace(): boolean {
    return false
  }

  listen(_scope: string, wake: () => void): () => void {
    return this.#commands.listen(this.#keys.bell, wake)
  }

  async close(): Promise<void> {
    if (this.#place.isOwn) {
      this.#commands.close()
    }
  }
}

const ALONE =
  'Redis has no transaction that your writes could share with a delivery. Do the work first, with delivery.key as the idempotency key of whatever ' +
  'you call, since it happens at least once; then return, or call delivery.complete(). For effects that happen exactly once there is PostgresInbox.'

/** That an answer took too long. */
class Unanswered extends Error {}

/** Waits no longer than the limit. What is done after all is found out by a lease that expires, or as a duplicate. */
async function attempt<T>(answer: Promise<T>, limit: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Unanswered(`no answer within ${limit / 1000} seconds`)), limit)
  })
  try {
    return await Promise.race([answer, late])
  } catch (thrown) {
    throw unavailable(bare(thrown))
  } finally {
    clearTimeout(timer)
  }
}

function checkServer(info: string, isCluster: boolean): void {
  const told = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
  const version = told('redis_version')
  if (version !== undefined && Number.parseInt(version, 10) < 7) {
    throw wrongArgument(`An inbox needs Redis 7.0 or newer, and this server is ${version}.`)
  }
  if (told('redis_mode') === 'cluster' && !isCluster) {
    throw wrongArgument(
      'This server is a node of a cluster: open it as redis+cluster:// (or rediss+cluster://), or give the Cluster of ioredis that you have.',
    )
  }
}

function sumOf(rows: readonly Row[]): Row {
  const total: Record<string, number | null> = {}
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      const before = total[name] ?? null
      if (name !== 'oldest_pending_ms') {
        total[name] = Number(before) + Number(value)
      } else {
        total[name] = value === null ? before : Math.max(before ?? 0, Number(value))
      }
    }
  }
  return total
}
