// What the types of the inbox promise. Compiled by `npm run lint`, never run: a wrong expectation does not compile.
import type { Pool, PoolClient } from 'pg'
import { type EventOf, type Kind, Receiver, type Verifier } from 'yuno-webhooks'
import { type Delivery, Handlers, type Inbox, type PgClient, PostgresInbox, type SqliteDatabase, SqliteInbox } from 'yuno-webhooks/inbox'

type Same<First, Second> = (<T>() => T extends First ? 1 : 2) extends <T>() => T extends Second ? 1 : 2 ? true : false
const holds = <_Claim extends true>(): void => {}

declare const verifier: Verifier
declare const pool: Pool
declare const Database: new (path: string) => SqliteDatabase & { pragma(text: string): unknown }

// The event of a delivery is narrowed by the kind of its handler.
new Handlers({ fallback: (delivery) => holds<Same<typeof delivery.event, EventOf<Kind>>>() })
  .on('payment.purchase', (delivery) => holds<Same<typeof delivery.event, EventOf<'payment.purchase'>>>())
  .on(['payment.refund', 'payment.capture'], async ({ event, key, superseded }) => {
    holds<Same<typeof event.kind, 'payment.refund' | 'payment.capture'>>()
    holds<Same<typeof event.resource.kind, 'payment' | 'unknown'>>()
    holds<Same<typeof key, string>>()
    holds<Same<typeof superseded, boolean>>()
  })
  // @ts-expect-error: a kind that is none
  .on('payment.purchse', () => {})
// @ts-expect-error: the fallback must be given
new Handlers({})

// A transaction gives the connection of the store, and what the work gives.
const handlers = new Handlers<PoolClient>({ fallback: () => {} }).on('payment.purchase', async (delivery) => {
  const rows = await delivery.transaction(async (client) => {
    holds<Same<typeof client, PoolClient>>()
    return (await client.query('SELECT 1')).rowCount
  })
  holds<Same<typeof rows, number | null>>()
})

export async function postgres(): Promise<void> {
  const inbox = await PostgresInbox.open({ pool })
  holds<Same<typeof inbox, PostgresInbox<PoolClient>>>()
  await inbox.run(handlers)
  await inbox.run(new Handlers({ fallback: () => {} }))
  const own = await PostgresInbox.open({ connectionString: 'postgresql://' })
  holds<Same<typeof own, PostgresInbox<PgClient>>>()
  const [claimed] = await inbox.claim()
  holds<Same<typeof claimed, Delivery<Kind, PoolClient> | undefined>>()
}

export async function sqlite(): Promise<void> {
  const inbox = await SqliteInbox.open('inbox.db')
  holds<Same<typeof inbox, SqliteInbox<SqliteDatabase>>>()
  const chosen = await SqliteInbox.open('inbox.db', { driver: Database })
  await chosen.run(new Handlers<InstanceType<typeof Database>>({ fallback: (one) => one.transaction((database) => database.pragma('x')) }))
  const outcome: 'accepted' | 'duplicate' | 'repeat' = (await inbox.accept({} as EventOf<'payout.payout'>)).outcome
  const { oldestPending } = await inbox.stats()
  holds<Same<typeof oldestPending, number | null>>()
  console.log(outcome)

  new Receiver(verifier, { inbox, onError: () => {} })
  // @ts-expect-error: handlers are the inbox's
  new Receiver(verifier, { inbox, fallback: () => {} })
}

export function any(inbox: Inbox): Receiver {
  // @ts-expect-error: it is opened
  new SqliteInbox('inbox.db')
  return new Receiver(verifier, { inbox })
}
