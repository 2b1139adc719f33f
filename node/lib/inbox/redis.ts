import { wrongArgument } from '../errors'
import { isA, known } from '../given'
import { Inbox, OPENED } from './inbox'
import { type InboxOptions, OPTIONS } from './options'
import { bare, Commands, type RedisClient } from './redis-commands'
import { type Durability, type RedisPlace, RedisStore } from './redis-store'
import { count } from './spans'
import { noDriver, PATIENCE, unavailable } from './store'

export type { RedisClient } from './redis-commands'
export type { Durability } from './redis-store'

export interface RedisOptions extends InboxOptions {
  /** Your own `Redis` or `Cluster` of ioredis. Leave it open until the inbox is closed, and give it a listener for "error". */
  readonly client?: RedisClient | undefined
  /** Where Redis is, for a client of the inbox's own: `redis://`, `rediss://`, `redis+cluster://` or `rediss+cluster://`. */
  readonly url?: string | undefined
  /** How many parts a scope has, so that it can use several nodes of a cluster: 1 unless given. It is decided when the store is made. */
  readonly partitions?: number | undefined
  /** What the servers must be set to, so that nothing (`always`) or no more than a second (`everysec`) is lost when one crashes: "always" unless given. */
  readonly durability?: Durability | undefined
  /** How many replicas must have a delivery before it is acknowledged: 0 unless given. A failover loses what the new primary did not have. */
  readonly replicas?: number | undefined
}

/**
 * An inbox in Redis 7.0 or newer, or in a cluster of it, by ioredis: for those whose work does not write to a database. Redis has no transaction that
 * your writes could share, so effects happen at least once: pass `delivery.key` on.
 */
export class RedisInbox extends Inbox<never> {
  readonly #store: RedisStore

  private constructor(store: RedisStore, options: Partial<Record<(typeof OPTIONS)[number], unknown>>, opened: typeof OPENED) {
    super(store, options, opened)
    this.#store = store
  }

  /** @throws {InboxError} `STORE_UNAVAILABLE`, `SCHEMA_MISMATCH`, and `STORE_UNSAFE` for servers that could lose what they acknowledged. */
  static async open(options: RedisOptions): Promise<RedisInbox> {
    const {
      client,
      url,
      partitions,
      durability = 'always',
      replicas = 0,
      ...given
    } = known(options, ['client', 'url', 'partitions', 'durability', 'replicas', ...OPTIONS], 'RedisInbox.open')
    const { scope = 'default', migrate = true } = given
    if ((client === undefined) === (url === undefined)) {
      throw wrongArgument('RedisInbox.open takes one of two: client, a Redis or Cluster of ioredis, or url, such as "redis://...".')
    }
    if (typeof scope !== 'string' || typeof migrate !== 'boolean') {
      throw wrongArgument('scope must be a name of yours for the endpoint, such as "shop", and migrate true or false.')
    }
    if (!['always', 'everysec', 'unchecked'].includes(durability as string)) {
      throw wrongArgument('durability must be "always", "everysec" or "unchecked".')
    }
    const place: RedisPlace = {
      scope,
      durability: durability as Durability,
      replicas: replicas === 0 ? 0 : count(replicas, 'replicas'),
      partitions: partitions === undefined ? undefined : count(partitions, 'partitions'),
      isOwn: client === undefined,
    }
    const own = client === undefined ? await connect(url) : checked(client)
    try {
      const inbox = new RedisInbox(new RedisStore(new Commands(own, place.isOwn), place), given, OPENED)
      await inbox.#store.open(migrate)
      return inbox
    } catch (thrown) {
      if (place.isOwn) {
        own.disconnect()
      }
      throw thrown
    }
  }
}

/** A client of ioredis. */
function checked(given: unknown): RedisClient {
  const { isCluster, evalshaBuffer } = (given ?? {}) as { isCluster?: unknown; evalshaBuffer?: unknown }
  if (typeof isCluster !== 'boolean' || typeof evalshaBuffer !== 'function') {
    throw wrongArgument('client must be a Redis or a Cluster of ioredis: new Redis(url).')
  }
  return given as RedisClient
}

interface OwnClient extends RedisClient {
  connect(): Promise<void>
  select(database: number): Promise<unknown>
  on(event: 'error', listener: (error: unknown) => void): unknown
}

/** The inbox's own: a claim or a completion that was sent is not sent again. */
const ALONE = {
  lazyConnect: true,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  connectTimeout: 2000,
  // What the address stands for is another server now: this one has become a replica.
  reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
}

async function connect(given: unknown): Promise<RedisClient> {
  const { scheme, url, database } = addressOf(given)
  const { Redis, Cluster } = installed()
  let client: OwnClient
  if (scheme.endsWith('+cluster')) {
    const { hostname, port, username, password } = url
    const credentials = {
      ...(username && { username: decodeURIComponent(username) }),
      ...(password && { password: decodeURIComponent(password) }),
    }
    const nodes = {
      ...ALONE,
      ...credentials,
      ...(scheme.startsWith('rediss') && { tls: {} }),
    }
    const options = {
      lazyConnect: true,
      retryDelayOnFailover: 0,
      slotsRefreshInterval: 5000,
      redisOptions: nodes,
    }
    client = new Cluster([{ host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || 6379) }], options)
  } else {
    client = new Redis(url.href, ALONE)
  }
  // It connects again by itself, and what fails meanwhile says so. A first connection that fails does not say why, but this does; of a cluster nothing does.
  let why: unknown
  client.on('error', (error) => {
    why ??= error
  })
  let timer: NodeJS.Timeout | undefined
  try {
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no connection within ${PATIENCE / 1000} seconds`)), PATIENCE)
    })
    await Promise.race([connectTo(client, database), late])
    return client
  } catch (thrown) {
    client.disconnect()
    throw isA(thrown, NoDatabase) ? wrongArgument(thrown.message) : unavailable(bare(why ?? thrown))
  } finally {
    clearTimeout(timer)
  }
}

/** That the server has no database of the address's number. */
class NoDatabase extends Error {}

/** The client goes on in database 0 where the one of the address is refused: it is asked for once more, so that no other inbox is opened. */
async function connectTo(client: OwnClient, database: number): Promise<void> {
  await client.connect()
  try {
    if (database !== 0) {
      await client.select(database)
    }
  } catch (thrown) {
    if (/^ERR /.test(String((thrown as Error).message))) {
      throw new NoDatabase(`The server has no database ${database}: see its setting "databases"; a cluster has number 0 alone.`)
    }
    throw thrown
  }
}

function addressOf(given: unknown): { scheme: string; url: URL; database: number } {
  const [, scheme = ''] = typeof given === 'string' ? (/^(rediss?(?:\+cluster)?):\/\//i.exec(given) ?? []) : []
  try {
    const url = new URL(String(given).replace(/\+cluster/i, ''))
    decodeURIComponent(url.username + url.password)
    const isCluster = /cluster$/i.test(scheme)
    const [, database] = (isCluster ? /^\/?(0?)$/ : /^\/?(\d{0,9})$/).exec(url.pathname) ?? []
    // The one parameter that hosts write into their addresses; a durability or the like would be silently not set.
    const isPlain = url.hash === '' && (isCluster ? /^$/ : /^(\?family=[046])?$/).test(url.search)
    if (scheme !== '' && database !== undefined && isPlain) {
      return { scheme: scheme.toLowerCase(), url, database: Number(database) }
    }
  } catch {
    // What it throws can hold the URL.
  }
  throw wrongArgument(
    'An inbox in Redis needs an address such as redis://host:6379/0, rediss://, redis+cluster://host:6379 or rediss+cluster://, in which a name and a ' +
      'password are encoded by per cent, without parameters: what else is to be set is an option of RedisInbox.open. Or it needs a client of ioredis.',
  )
}

function installed(): {
  Redis: new (url: string, options: object) => OwnClient
  Cluster: new (nodes: readonly object[], options: object) => OwnClient
} {
  try {
    return require('ioredis')
  } catch (thrown) {
    if (isA(thrown, Error) && 'code' in thrown && thrown.code === 'MODULE_NOT_FOUND') {
      throw noDriver('The driver for Redis is not installed. Add it: npm install ioredis')
    }
    throw thrown
  }
}
