import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Row, Value } from './store'

// biome-ignore lint/suspicious/noExplicitAny: ioredis's own overloads
type Given = any

/** A client, as `Redis` and `Cluster` of ioredis are. */
export interface RedisClient {
  readonly isCluster: boolean
  duplicate(...given: Given[]): Given
  disconnect(): void
}

/** What is asked of it, in whichever release's types. */
interface Scripts extends RedisClient {
  readonly status: string
  evalshaBuffer(...given: Given[]): Promise<unknown>
  evalBuffer(...given: Given[]): Promise<unknown>
  pipeline(): Given
}

/** One node. */
interface Node {
  info(): Promise<string>
  config(command: 'GET', name: string): Promise<unknown>
}

/** How long a listener blocks, in seconds. */
const BLOCK = 1
/** Before it listens again after a failure, in milliseconds. */
const PAUSE = 1000

/** What an inbox asks of Redis: scripts, what the servers say of themselves, and the bell. */
export class Commands {
  readonly #client: Scripts
  readonly #isOwn: boolean
  readonly #digests = new Map<string, string>()

  /** One of the inbox's own keeps nothing for later: a claim that nobody waits for any more would hold a delivery up. */
  constructor(client: RedisClient, isOwn: boolean) {
    this.#client = client as Scripts
    this.#isOwn = isOwn
  }

  get isCluster(): boolean {
    return this.#client.isCluster
  }

  /** What each primary says of itself, and how it writes its append-only file; as far as it tells. */
  async servers(): Promise<{ info: string; fsync: string | null; noFsyncOnRewrite: string | null }[]> {
    const client = this.#client as Given
    const nodes: Node[] = this.isCluster ? client.nodes('master') : [client]
    return Promise.all(
      nodes.map(async (node) => {
        const info = await node.info().catch(untold)
        const setting = async (name: string) => settingOf(await node.config('GET', name).catch(untold), name)
        return { info: info ?? '', fsync: await setting('appendfsync'), noFsyncOnRewrite: await setting('no-appendfsync-on-rewrite') }
      }),
    )
  }

  /** Runs a script, which a server knows by its digest once it has seen it; then waits for so many replicas, and says how many have confirmed it. */
  async script(
    text: string,
    keys: readonly string[],
    values: readonly Value[],
    { replicas, within }: { readonly replicas: number; readonly within: number },
  ): Promise<{ rows: Row[]; confirmed: number }> {
    if (this.#isOwn && this.#client.status !== 'ready') {
      throw new Error('There is no connection.')
    }
    const words = [keys.length, ...keys, ...values.map(wordOf)]
    const run = async (command: 'evalsha' | 'eval', script: string) => {
      if (replicas === 0) {
        return [await this.#client[`${command}Buffer`](script, ...words), 0]
      }
      // On the same connection.
      const answers = await this.#client
        .pipeline()
        [`${command}Buffer`](script, ...words)
        .wait(replicas, within)
        .exec()
      return (answers as [Error | null, unknown][]).map(([error, answer]) => {
        if (error !== null) {
          throw error
        }
        return answer
      })
    }
    let answers: unknown[]
    try {
      answers = await run('evalsha', this.#digest(text))
    } catch (thrown) {
      if (!/^NOSCRIPT/.test(String((thrown as Error).message))) {
        throw thrown
      }
      answers = await run('eval', text)
    }
    const [replies, confirmed] = answers
    return { rows: Array.isArray(replies) ? replies.map(rowOf) : [], confirmed: Number(confirmed) }
  }

  #digest(text: string): string {
    const digest = this.#digests.get(text) ?? createHash('sha1').update(text).digest('hex')
    this.#digests.set(text, digest)
    return digest
  }

  /** The name of the node that has a slot, as far as the client knows; of a single server the empty text. */
  nodeOf(slot: number): string {
    const { slots } = this.#client as Given
    return this.isCluster ? String(slots?.[slot]?.[0] ?? '') : ''
  }

  /** Calls `wake` whenever the bell is rung, over a connection of its own, until the function is called that this gives. */
  listen(bell: string, wake: () => void): () => void {
    const stopping = new AbortController()
    const { signal } = stopping
    const options = { lazyConnect: true }
    const connection: Given = this.isCluster ? this.#client.duplicate([], options) : this.#client.duplicate(options)
    connection.on('error', () => {})
    const listen = async () => {
      while (!signal.aborted) {
        try {
          if ((await connection.blpop(bell, BLOCK)) !== null) {
            wake()
          }
        } catch {
          // What cannot be heard of is found by the poll.
          await pause(PAUSE, undefined, { signal }).catch(() => {})
        }
      }
    }
    listen()
    return () => {
      stopping.abort()
      connection.disconnect()
    }
  }

  close(): void {
    this.#client.disconnect()
  }
}

/** What the driver threw, without the command, whose arguments hold a body. */
export function bare(thrown: unknown): unknown {
  const errors = new Set<unknown>()
  for (let own = thrown; typeof own === 'object' && own !== null && !errors.has(own); ) {
    errors.add(own)
    const error = own as Record<string, unknown>
    delete error.command
    delete error.previousErrors
    own = error.lastNodeError ?? error.cause
  }
  return thrown
}

/** The slot of a key: of what stands between its braces. */
export function keySlot(key: string): number {
  const tag = /^[^{]*\{([^}]+)\}/.exec(key)?.[1] ?? key
  let crc = 0
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit += 1) {
      crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff
    }
  }
  return crc % 16_384
}

/** Of a server that refuses to tell; one that cannot be reached is another matter. */
function untold(thrown: unknown): null {
  if ((thrown as { name?: unknown }).name === 'ReplyError') {
    return null
  }
  throw thrown
}

/** A setting, in whichever shape the client gives them. */
function settingOf(told: unknown, name: string): string | null {
  if (Array.isArray(told)) {
    const place = told.findIndex((own) => String(own) === name)
    return place === -1 ? null : String(told[place + 1])
  }
  const value = told instanceof Map ? told.get(name) : (told as Record<string, unknown> | null)?.[name]
  return value === undefined || value === null ? null : String(value)
}

function wordOf(value: Value): string | Buffer {
  if (value === null) {
    return ''
  }
  return typeof value === 'object' ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : String(value)
}

/** Names and values in turn. */
function rowOf(flat: readonly unknown[]): Row {
  const row: Record<string, unknown> = {}
  for (let at = 0; at < flat.length; at += 2) {
    const [name, value] = [String(flat[at]), flat[at + 1]]
    row[name] = Buffer.isBuffer(value) && name !== 'body' ? value.toString() : value
  }
  return row
}
