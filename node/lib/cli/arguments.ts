import { parseArgs } from 'node:util'
import { STATES, type State } from '../inbox/record'
import type { Kind } from '../names'
import { nearest } from '../nearest'
import { checkKind } from '../tables'
import { COMMANDS } from './commands'

export const VARIABLE = 'YUNO_INBOX_URL'

export type CommandName = keyof typeof COMMANDS

/** What was asked for. */
export interface Call extends CommandOptions {
  /** How much was named: nothing, "inbox", or a command of it. */
  readonly group: 'inbox' | null
  readonly command: CommandName | null
  readonly help: boolean
  /** Empty if it was given nowhere. */
  readonly url: string
  readonly scope: string
  readonly format: 'table' | 'json'
}

/** What a command goes by. */
export interface CommandOptions {
  readonly key: string | null
  readonly state: State
  readonly kind: Kind | null
  readonly limit: number | null
  readonly body: boolean
  readonly dead: boolean
  /** In seconds. */
  readonly olderThan: number | null
}

/** It was not called as it should be. */
export class UsageError extends Error {}

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  url: { type: 'string' },
  scope: { type: 'string' },
  format: { type: 'string' },
  state: { type: 'string' },
  kind: { type: 'string' },
  limit: { type: 'string' },
  body: { type: 'boolean' },
  dead: { type: 'boolean' },
  'older-than': { type: 'string' },
} as const

export type OptionName = keyof typeof OPTIONS

const COMMON: readonly OptionName[] = ['help', 'url', 'scope', 'format']
const UNITS: Readonly<Record<string, number>> = { d: 86_400, h: 3600, m: 60, s: 1 }
const MOST = 1_000_000_000

/** @throws {UsageError} whose text repeats words, and nothing that could be an address with a password. */
export function parse(words: readonly string[]): Call {
  const { given, operands } = read(words)
  const [group = null, command = null, key = null, ...more] = operands
  if (group !== null && group !== 'inbox') {
    throw new UsageError(`there is no command ${shown(group)}; there is: inbox`)
  }
  if (command !== null && !isCommand(command)) {
    throw new UsageError(`there is no command ${shown(command)}; there are: ${Object.keys(COMMANDS).join(', ')}`)
  }
  const own: readonly OptionName[] = command === null ? [] : COMMANDS[command].options
  for (const name of given.keys()) {
    if (![...COMMON, ...own].includes(name)) {
      throw new UsageError(`${command ?? 'this'} has no option --${name}`)
    }
  }
  const text = (name: OptionName) => given.get(name) ?? null
  const call: Call = {
    group,
    command,
    help: given.has('help'),
    url: urlOf(text('url')),
    scope: scopeOf(text('scope')),
    format: oneOf('format', text('format') ?? 'table', ['table', 'json']),
    key,
    state: oneOf('state', text('state') ?? 'dead', STATES),
    kind: kindOf(text('kind')),
    limit: limitOf(text('limit')),
    body: given.has('body'),
    dead: given.has('dead'),
    olderThan: spanOf(text('older-than')),
  }
  if (!call.help && command !== null) {
    checkOperands(call, more)
  }
  return call
}

/** The options, each by its name, and what stands between them. */
function read(words: readonly string[]): { given: Map<OptionName, string>; operands: string[] } {
  const { tokens } = parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true, strict: false, tokens: true })
  const given = new Map<OptionName, string>()
  const operands: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') {
      operands.push(token.value)
    } else if (token.kind === 'option') {
      const name = token.name as OptionName
      if (!Object.hasOwn(OPTIONS, name)) {
        const near = nearest(name, Object.keys(OPTIONS))
        throw new UsageError(`there is no option ${shown(token.rawName)}; did you mean --${near}?`)
      }
      const isText = OPTIONS[name].type === 'string'
      const isMissing = token.value === undefined || (!token.inlineValue && token.value.startsWith('-'))
      if (isText === isMissing) {
        throw new UsageError(isText ? `--${name} needs a value` : `--${name} takes no value`)
      }
      given.set(name, token.value ?? '')
    }
  }
  return { given, operands }
}

function checkOperands({ command, key, dead, kind, limit, olderThan }: Call, more: readonly string[]): void {
  const takesKey = command === 'show' || command === 'replay' || command === 'discard'
  if (more.length > 0 || (key !== null && !takesKey)) {
    throw new UsageError(`${command} takes ${takesKey ? 'one KEY' : 'no KEY'}, and nothing after it`)
  }
  if (command === 'replay' && (key === null) !== dead) {
    throw new UsageError('replay takes one of two: KEY --dead')
  }
  if (command === 'replay' && !dead && (kind !== null || limit !== null)) {
    throw new UsageError('--kind and --limit go with --dead')
  }
  if (takesKey && command !== 'replay' && key === null) {
    throw new UsageError(`${command} takes a KEY`)
  }
  if (command === 'purge' && olderThan === null) {
    throw new UsageError('purge needs --older-than, such as 30d')
  }
}

function isCommand(word: string): word is CommandName {
  return Object.hasOwn(COMMANDS, word)
}

function urlOf(given: string | null): string {
  if (given === '') {
    // Of a variable that is not set, most likely: not to be taken for another inbox.
    throw new UsageError('--url is empty')
  }
  return given ?? process.env[VARIABLE] ?? ''
}

function scopeOf(given: string | null): string {
  if (given === '') {
    throw new UsageError('scope must be a name of yours for the endpoint, such as shop')
  }
  return given ?? 'default'
}

function oneOf<const Word extends string>(name: string, given: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === given)
  if (found === undefined) {
    throw new UsageError(`--${name} must be one of ${words.map((word) => `'${word}'`).join(', ')}`)
  }
  return found
}

function kindOf(given: string | null): Kind | null {
  if (given === null) {
    return null
  }
  try {
    checkKind(given)
    return given
  } catch (thrown) {
    throw new UsageError(isWord(given) ? (thrown as Error).message : '--kind must be a kind of event, such as payment.purchase')
  }
}

function limitOf(given: string | null): number | null {
  if (given !== null && !(/^\d{1,10}$/.test(given) && Number(given) >= 1 && Number(given) <= MOST)) {
    throw new UsageError(`--limit must be a whole number from 1 to ${MOST}`)
  }
  return given === null ? null : Number(given)
}

function spanOf(given: string | null): number | null {
  if (given === null) {
    return null
  }
  const [, count, unit = ''] = /^(\d{1,6})([dhms])$/.exec(given) ?? []
  if (count === undefined) {
    throw new UsageError('--older-than is written as 30d, 12h, 45m or 90s')
  }
  return Number(count) * (UNITS[unit] ?? 0)
}

/** A word that was given, if it can be no address. */
function shown(given: string): string {
  return isWord(given) ? given : '...'
}

function isWord(given: string): boolean {
  return /^[\w.-]{1,64}$/.test(given)
}
