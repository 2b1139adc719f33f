import { known } from '../given'
import type { Kind } from '../names'
import { Registry } from '../registry'
import type { Delivery } from './delivery'

/** Does the work of a delivery, sync or async. If it throws or rejects, or returns work that has not run, the delivery is tried again. */
export type DeliveryHandler<Of extends Kind = Kind, Client = unknown> = (delivery: Delivery<Of, Client>) => unknown

/**
 * The functions that do the work, by kind of event; `inbox.run` calls them.
 *
 * A handler that returns has done the work, one that throws is called again later: its effects happen at least once, so pass `delivery.key` on to
 * whatever it calls. What it writes in `delivery.transaction` happens exactly once.
 *
 * `Client` is what `delivery.transaction` gives, in TypeScript `new Handlers<PoolClient>(...)`.
 */
export class Handlers<Client = unknown> {
  readonly #registry: Registry<DeliveryHandler<never, Client>>

  /** `fallback` takes every kind without a handler of its own, and "unknown": the kinds that this release does not know. */
  constructor(options: { readonly fallback: DeliveryHandler<Kind, Client> }) {
    this.#registry = new Registry(known(options ?? {}, ['fallback'], 'Handlers').fallback)
  }

  /** Sets the handler of one kind, or of several. */
  on<const Of extends Kind>(kinds: Of | readonly Of[], handler: DeliveryHandler<Of, Client>): this {
    this.#registry.set(kinds, handler)
    return this
  }

  /** @internal */
  find(kind: Kind): DeliveryHandler<Kind, Client> {
    return this.#registry.find(kind) as DeliveryHandler<Kind, Client>
  }
}
