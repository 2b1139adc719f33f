// What the types of events promise. Compiled by `npm run lint`, never run: a wrong expectation does not compile.
import { type ErrorCode, type EventOf, Receiver, type Verifier, type WebhookError, type WebhookEvent } from 'yuno-webhooks'

type Same<First, Second> = (<T>() => T extends First ? 1 : 2) extends <T>() => T extends Second ? 1 : 2 ? true : false
const holds = <_Claim extends true>(): void => {}

type Purchase = Extract<WebhookEvent, { kind: 'payment.purchase' }>
holds<Same<Purchase, EventOf<'payment.purchase'>>>()
holds<Same<Purchase['kind'], 'payment.purchase'>>()
holds<Same<Purchase['resource']['kind'], 'payment' | 'unknown'>>()
holds<Same<EventOf<'unknown'>['kind'], 'unknown'>>()
holds<Same<WebhookError['code'], ErrorCode>>()

declare const event: WebhookEvent
declare const verifier: Verifier

// A switch narrows, and what is left has no kind of payment.
switch (event.kind) {
  case 'payment.purchase':
  case 'payment.capture': {
    holds<Same<typeof event.kind, 'payment.purchase' | 'payment.capture'>>()
    const status: string | null = event.resource.status
    // A status is a documented word, or another.
    if (
      event.resource.status === 'SUCCEEDED' &&
      event.resource.subStatus === 'APPROVED' &&
      event.resource.transaction?.type === 'PURCHASE'
    ) {
      console.log(status)
    }
    if (event.resource.status === 'OF_TOMORROW') console.log(status)
    break
  }
  default:
    // @ts-expect-error: it was handled above
    if (event.kind === 'payment.purchase') console.log()
}

/** A switch over a part of the kinds is checked to be exhaustive. */
export function name(one: EventOf<'payment.refund' | 'payment.cancel'>): string {
  switch (one.kind) {
    case 'payment.refund':
      return 'refund'
    case 'payment.cancel':
      return 'cancel'
    default:
      return one satisfies never
  }
}

const receiver = new Receiver(verifier, { fallback: (any) => holds<Same<typeof any, WebhookEvent>>() })
receiver
  .on('payment.purchase', async (one) => holds<Same<typeof one.kind, 'payment.purchase'>>())
  .on(['payment.refund', 'payment.capture'], (one) => holds<Same<typeof one.kind, 'payment.refund' | 'payment.capture'>>())
// @ts-expect-error: a kind that is none
receiver.on('payment.purchse', () => {})
// @ts-expect-error: the fallback must be given
new Receiver(verifier, {})
const units: bigint | null | undefined = event.resource.amount?.minorUnits
const nanos: bigint | null = event.resource.updatedAtNs
console.log(units, nanos)
