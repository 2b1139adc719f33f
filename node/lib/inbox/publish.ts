import { classOf } from './outcome'

/** Tells your own queue, sync or async, that a delivery is stored; its consumer calls `inbox.work` with the key. */
export type Publisher = (key: string) => unknown

/** How long an answer waits for the queue, in milliseconds. */
export const MOMENT = 1000

/** Whether a key was published: `late` if that took longer than it may. Nothing is lost by either failure, for the delivery is stored. */
export async function publish(publisher: Publisher, key: string, limit: number): Promise<'published' | 'failed' | 'late'> {
  const call = async () => publisher(key)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), limit)
  })
  const published = call().then(
    () => 'published' as const,
    (thrown) => {
      // Not its text: a client's can hold an address with its password.
      console.error('yuno-webhooks: %s was not published, sweep() will find it: %s', key, classOf(thrown))
      return 'failed' as const
    },
  )
  try {
    const result = await Promise.race([published, late])
    if (result === 'late') {
      console.error('yuno-webhooks: the queue has not taken %s within %d s; sweep() will find it', key, limit / 1000)
    }
    return result
  } finally {
    clearTimeout(timer)
  }
}
