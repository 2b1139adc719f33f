import { setTimeout as pause } from 'node:timers/promises'
import { errorOf, InboxError } from '../errors'
import { isA } from '../given'
import type { Inbox } from '../inbox/inbox'
import { openToTend } from '../inbox/open'
import { classOf } from '../inbox/outcome'
import { write } from './answer'
import { type Call, parse, UsageError, VARIABLE } from './arguments'
import { COMMANDS, EXPECTED_SCHEMA } from './commands'
import { helpOf } from './help'

/** How a command ends. */
const EXIT = { notFound: 1, usage: 2, unavailable: 3, unfit: 4 } as const
const EXITS: Readonly<Record<string, number>> = {
  NOT_FOUND: EXIT.notFound,
  RETENTION_TOO_SHORT: EXIT.usage,
  STORE_UNAVAILABLE: EXIT.unavailable,
  SCHEMA_MISMATCH: EXIT.unfit,
  STORE_UNSAFE: EXIT.unfit,
}
/** What a server of PostgreSQL means by these. */
const REFUSALS: ReadonlyMap<unknown, string> = new Map([
  ['28000', 'it refused this user or password'],
  ['28P01', 'it refused this user or password'],
  ['3D000', 'it has no database of this name'],
])
/** How long a store may take to open, in milliseconds: a server that is not there does not always say so. */
const PATIENCE = 15_000

/** Does what is asked for; gives the exit status. */
export async function run(words: readonly string[]): Promise<number> {
  try {
    const call = parse(words)
    if (call.help || call.command === null) {
      const stream = call.help ? process.stdout : process.stderr
      stream.write(helpOf(call))
      return call.help ? 0 : EXIT.usage
    }
    await answer(call, COMMANDS[call.command])
    return 0
  } catch (thrown) {
    return fail(thrown)
  }
}

async function answer({ url, scope, format, command, ...options }: Call, work: (typeof COMMANDS)[keyof typeof COMMANDS]): Promise<void> {
  if (url === '') {
    throw new UsageError(`which inbox? Give --url, or set ${VARIABLE}`)
  }
  let inbox: Inbox
  try {
    inbox = await open(url, scope)
  } catch (thrown) {
    if (command === 'verify-schema' && isA(thrown, InboxError) && thrown.code === 'SCHEMA_MISMATCH') {
      write({ schema: null, expected: EXPECTED_SCHEMA, ok: false }, format)
    }
    throw thrown
  }
  try {
    write(await work.run(inbox, options), format)
  } finally {
    await inbox.close()
  }
}

async function open(url: string, scope: string): Promise<Inbox> {
  const isOver = new AbortController()
  const late = pause(PATIENCE, null, { signal: isOver.signal }).catch(() => null)
  try {
    const inbox = await Promise.race([openToTend(url, scope), late])
    if (inbox === null) {
      // What still waits for an answer would keep the process.
      setImmediate(() => process.exit())
      throw errorOf('STORE_UNAVAILABLE')
    }
    return inbox
  } finally {
    isOver.abort()
  }
}

/** Says on one line why, and never what was given. */
export function fail(thrown: unknown): number {
  const [code, text, status] = reasonOf(thrown)
  process.stderr.write(`yuno-webhooks: ${code}: ${text.replaceAll(/\s+/g, ' ').trim()}\n`)
  return status
}

function reasonOf(thrown: unknown): readonly [code: string, text: string, status: number] {
  if (isA(thrown, InboxError)) {
    const { code, message, cause } = thrown
    const text = message.slice(`${code}: `.length)
    return [code, code === 'STORE_UNAVAILABLE' ? unavailability(cause) : text, EXITS[code] ?? EXIT.unavailable]
  }
  const { code, message } = thrown as { code?: unknown; message?: unknown }
  if (code === 'ERR_YUNO_WEBHOOKS_DRIVER') {
    return ['DRIVER_MISSING', `${message}`, EXIT.usage]
  }
  if (isA(thrown, UsageError) || code === 'INVALID_ARGUMENT') {
    return ['USAGE', `${message}`, EXIT.usage]
  }
  return ['STORE_UNAVAILABLE', `The store could not be opened (${classOf(thrown)}).`, EXIT.unavailable]
}

/** Not the text for a receiver, which is to answer 503. SQLite's own names no more than the file; another driver's may repeat the address. */
function unavailability(cause: unknown): string {
  const { code, message } = (cause ?? {}) as { code?: unknown; message?: unknown }
  const refusal = REFUSALS.get(code)
  if (refusal !== undefined) {
    return `The server did not let this in (${classOf(cause)}): ${refusal}. Look at its address.`
  }
  const own = /^(ERR_)?SQLITE_/.test(`${code}`) ? message : classOf(cause)
  const why = cause === undefined || cause === null ? '' : ` (${own})`
  return `The store did not answer${why}. Look whether it runs or is there, and at its address.`
}
