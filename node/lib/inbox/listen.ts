import { setTimeout as pause } from 'node:timers/promises'
import type { PgPool, PooledClient } from './postgres'

/** Before a connection that was lost is made anew, in milliseconds. */
const PAUSE = 1000

/** Calls `wake` at every notification for the scope, over a connection of the pool, until the function is called that this gives. */
export function listen(pool: PgPool<PooledClient>, scope: string, wake: () => void): () => void {
  const stopping = new AbortController()
  const { signal } = stopping
  const listenAgain = async () => {
    while (!signal.aborted) {
      // What cannot be heard of is found by the poll.
      await listenOnce(pool, scope, wake, signal).catch(() => {})
      await pause(PAUSE, undefined, { signal }).catch(() => {})
    }
  }
  listenAgain()
  return () => stopping.abort()
}

/** Resolves when the connection is lost, or is not needed any more. */
async function listenOnce(pool: PgPool<PooledClient>, scope: string, wake: () => void, signal: AbortSignal): Promise<void> {
  const client = await pool.connect()
  try {
    const lost = new Promise<void>((resolve) => {
      client.on('error', () => resolve())
      client.on('end', () => resolve())
      signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })
    })
    client.on('notification', ({ payload }) => {
      if (payload === scope) {
        wake()
      }
    })
    await client.query('LISTEN yuno_inbox')
    // What came before it listened.
    wake()
    await lost
  } finally {
    // Ended, not given back: nobody else wants to hear.
    client.release(true)
  }
}
