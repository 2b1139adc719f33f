import { wrongArgument } from './errors'
import { known } from './given'
import type { Bytes, WebRequest } from './host'
import type { Kind } from './names'
import { SAMPLE_OPTIONS, type SampleOptions, sample } from './sample'
import { headers, sign } from './sign'

export interface DeliveryOptions extends SampleOptions {
  /** The secret that signs it: the one of the receiver under test. */
  readonly secret: string
}

type Fields = Readonly<Record<string, string>>

/** A delivery as the provider would send it, in the shape that each test tool takes. It cannot change: its methods give others. */
export class Delivery {
  readonly body: Bytes
  readonly headers: Fields
  readonly #again: (retry: number) => Delivery

  /** @internal */
  constructor(body: Bytes, fields: Fields, again: (retry: number) => Delivery) {
    this.body = body
    this.headers = Object.freeze({ ...fields })
    this.#again = again
    Object.freeze(this)
  }

  /** A Web request: for `fetch`, for handlers of Next and SvelteKit, and for Hono's `app.request`. */
  request(url = 'http://localhost/'): WebRequest {
    return new Request(url, { method: 'POST', headers: this.headers, body: new Uint8Array(this.body) })
  }

  /** What Fastify's `app.inject` takes. */
  inject(url = '/'): { method: 'POST'; url: string; headers: Record<string, string>; payload: Bytes } {
    return { method: 'POST', url, headers: { ...this.headers }, payload: this.body }
  }

  /** Signed with another secret: 401. */
  forged(): Delivery {
    return this.#with(this.body, { 'x-hmac-signature': sign(this.body, 'not the secret') })
  }

  /** Without its signature: 401. */
  unsigned(): Delivery {
    const { 'x-hmac-signature': _, ...rest } = this.headers
    return new Delivery(this.body, rest, this.#again)
  }

  /** Changed after it was signed: 401. */
  tampered(): Delivery {
    return this.#with(Buffer.concat([this.body, Buffer.from(' ')]), {})
  }

  /** The same event once more, as the provider tries it the n-th time: the same `dedupeKey`. */
  redelivered(retry = 1): Delivery {
    return this.#again(retry)
  }

  /** With other headers beside its own. */
  with(fields: Fields): Delivery {
    return this.#with(this.body, fields)
  }

  #with(body: Bytes, fields: Fields): Delivery {
    return new Delivery(body, { ...this.headers, ...fields }, this.#again)
  }
}

/** Makes a signed delivery of this kind; what is not chosen of its body has a plausible value. */
export function delivery(kind: Exclude<Kind, 'unknown'>, options: DeliveryOptions): Delivery {
  const { secret, ...chosen } = known(options, ['secret', ...SAMPLE_OPTIONS], 'delivery')
  if (typeof secret !== 'string') {
    throw wrongArgument('secret must be the secret of the receiver under test: delivery(kind, { secret }).')
  }
  const again = (retry: number): Delivery => {
    const body = sample(kind, { ...chosen, retry } as SampleOptions)
    return new Delivery(body, headers(body, secret), again)
  }
  const body = sample(kind, chosen as SampleOptions)
  return new Delivery(body, headers(body, secret), again)
}
