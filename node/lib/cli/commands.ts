import * as native from '../../native'
import type { Inbox } from '../inbox/inbox'
import { type Document, documentOf, documentOfStats, wordOf } from './answer'
import type { CommandOptions, OptionName } from './arguments'

/** The schema of this release. */
export const EXPECTED_SCHEMA = expectedSchema()

/** How many are replayed in one statement, so that nobody who writes waits for long. */
const BATCH = 1000

interface Command {
  /** How it is called, after its name. */
  readonly usage: string
  readonly about: string
  readonly options: readonly OptionName[]
  run(inbox: Inbox, options: CommandOptions): Promise<Document>
}

export const COMMANDS = {
  stats: {
    usage: '',
    about: 'count what is pending, leased and dead',
    options: [],
    run: async (inbox) => {
      const stats = await inbox.stats()
      if (stats.pending + stats.leased + stats.dead === 0 && (await inbox.list({ state: 'done', limit: 1 })).length === 0) {
        // Zeros look like health; it may be a scope that nobody uses.
        process.stderr.write(`yuno-webhooks: this store has nothing under the scope '${wordOf(inbox.scope)}'\n`)
      }
      return documentOfStats(inbox.scope, stats)
    },
  },
  list: {
    usage: '[--state STATE] [--kind KIND] [--limit N]',
    about: 'list deliveries of one state: of what is done the newest, otherwise the oldest',
    options: ['state', 'kind', 'limit'],
    run: async (inbox, { state, kind, limit }) =>
      (await inbox.list({ state, kind: kind ?? undefined, limit: limit ?? undefined })).map((record) => documentOf(record, false)),
  },
  show: {
    usage: 'KEY [--body]',
    about: 'show one delivery; of its body the length, unless it is asked for',
    options: ['body'],
    run: async (inbox, { key, body }) => documentOf(await inbox.find(key ?? ''), body),
  },
  replay: {
    usage: 'KEY | --dead [--kind KIND] [--limit N]',
    about: 'have what is done or dead worked on again, from its first attempt',
    options: ['dead', 'kind', 'limit'],
    run: async (inbox, options) => {
      if (options.dead) {
        return { replayed: await replayDead(inbox, options) }
      }
      await inbox.replay(options.key ?? '')
      return { replayed: 1 }
    },
  },
  discard: {
    usage: 'KEY',
    about: 'end a dead delivery that is not to be worked on',
    options: [],
    run: async (inbox, { key }) => {
      await inbox.discard(key ?? '')
      return { discarded: 1 }
    },
  },
  purge: {
    usage: '--older-than AGE',
    about: 'remove the bodies of what is done; the keys stay',
    options: ['older-than'],
    run: async (inbox, { olderThan }) => ({ purged: await inbox.purge({ olderThan: olderThan ?? 0 }) }),
  },
  'verify-schema': {
    usage: '',
    about: "tell whether the schema is this release's, for a check before a deployment",
    options: [],
    // Otherwise it would not have been opened.
    run: async () => ({ schema: EXPECTED_SCHEMA, expected: EXPECTED_SCHEMA, ok: true }),
  },
} as const satisfies Record<string, Command>

/** In parts, and none of them twice if it is soon dead again. */
async function replayDead(inbox: Inbox, { kind, limit }: CommandOptions): Promise<number> {
  let replayed = 0
  for (let left = Math.min((await inbox.stats()).dead, limit ?? Number.POSITIVE_INFINITY); left > 0; ) {
    const wanted = Math.min(left, BATCH)
    const part = await inbox.replayDead({ kind: kind ?? undefined, limit: wanted })
    replayed += part
    left = part === wanted ? left - part : 0
  }
  return replayed
}

function expectedSchema(): number {
  let version = 1
  while (native.inboxMigrations('sqlite', version).length > 0) {
    version += 1
  }
  return version
}
