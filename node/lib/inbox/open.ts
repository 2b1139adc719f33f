import { wrongArgument } from '../errors'
import { isA } from '../given'
import type { Inbox } from './inbox'
import type { InboxOptions } from './options'
import { PostgresInbox } from './postgres'
import { RedisInbox, type RedisOptions } from './redis'
import { SqliteInbox } from './sqlite'

/** What {@link openInbox} takes. */
export type OpenOptions = InboxOptions

/** Opens the inbox of a URL that names a place of its own kind. */
type Opener = (url: string, options: OpenOptions, redis: RedisSettings) => Promise<unknown>
/** What a URL does not say of Redis. */
type RedisSettings = Pick<RedisOptions, 'durability'>

const OPENERS: Readonly<Record<string, Opener>> = {
  sqlite: (url, options) => SqliteInbox.open(fileOf(url), options),
  postgres: openPostgres,
  postgresql: openPostgres,
  redis: openRedis,
  rediss: openRedis,
  'redis+cluster': openRedis,
  'rediss+cluster': openRedis,
}

/**
 * Opens an inbox by its URL, for a setting: `sqlite:shop.db` or `sqlite:///var/lib/shop.db`, `postgresql://...` or
 * `postgres://...`, `redis://...`, `rediss://...`, `redis+cluster://...` or `rediss+cluster://...`. In TypeScript say what
 * `delivery.transaction` gives there: `openInbox<PoolClient>(url)`.
 *
 * @throws {InboxError} `STORE_UNAVAILABLE`, `SCHEMA_MISMATCH`.
 */
// biome-ignore lint/suspicious/noExplicitAny: which store it is, and so which connection, is not known before it runs
export async function openInbox<Client = any>(url: string, options: OpenOptions = {}): Promise<Inbox<Client>> {
  return (await openBy(url, options, {})) as Inbox<Client>
}

/** Opens it for somebody who accepts nothing: what its servers could lose of what others have acknowledged is no reason not to look at it. */
export async function openToTend(url: string, scope: string): Promise<Inbox> {
  return (await openBy(url, { scope, migrate: false }, { durability: 'unchecked' })) as Inbox
}

async function openBy(url: string, options: OpenOptions, redis: RedisSettings): Promise<unknown> {
  const [, scheme = ''] = typeof url === 'string' ? (/^([a-z+]+):./i.exec(url) ?? []) : []
  const name = scheme.toLowerCase()
  const open = Object.hasOwn(OPENERS, name) ? OPENERS[name] : undefined
  if (open === undefined) {
    // Not the URL itself, which may hold a password.
    throw wrongArgument(
      `${url === undefined || url === '' ? 'There is no URL: is YUNO_INBOX_URL set? ' : ''}` +
        'The URL of an inbox begins with sqlite:, postgres://, postgresql://, redis://, rediss://, redis+cluster:// or rediss+cluster://; of a file it is ' +
        'sqlite:shop.db, or sqlite:///var/lib/shop.db.',
    )
  }
  return open(url, options, redis)
}

function openRedis(url: string, options: OpenOptions, redis: RedisSettings): Promise<unknown> {
  return RedisInbox.open({ url, ...options, ...redis })
}

async function openPostgres(url: string, options: OpenOptions): Promise<unknown> {
  try {
    return await PostgresInbox.open({ connectionString: url, ...options })
  } catch (thrown) {
    const { cause = thrown } = thrown as { cause?: { code?: unknown } }
    if (isA(cause, URIError) || (cause as { code?: unknown }).code === 'ERR_INVALID_URL') {
      // Not the driver's error, which can hold the URL.
      throw wrongArgument(
        'This is no address of PostgreSQL. Write postgresql://user:password@host:5432/database, with what is neither a letter nor a digit in the ' +
          'password encoded by per cent (@ is %40).',
      )
    }
    throw thrown
  }
}

/** The path in `sqlite:path` and in `sqlite:///path`. */
function fileOf(url: string): string {
  const path = url.slice('sqlite:'.length)
  const [, absolute] = /^\/\/(\/.*)$/s.exec(path) ?? []
  if (absolute === undefined && path.startsWith('//')) {
    throw wrongArgument('A file has no host: write sqlite:shop.db, or sqlite:///var/lib/shop.db with three slashes.')
  }
  return absolute ?? path
}
