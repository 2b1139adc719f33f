import { type Body, rawBytes } from './body'
import { Reply } from './delivery'
import { errorOf, InboxError, PayloadError, WebhookError, wrongArgument } from './errors'
import type { Event } from './event'
import { isA, known } from './given'
import type { HeadersInput } from './headers'
import type { Bytes } from './host'
import type { EventOf, WebhookEvent } from './kinds'
import type { ErrorCode, Kind } from './names'
import { checkFunction, Registry, settle } from './registry'
import { Verifier } from './verifier'

/** Handles the events of some kinds, sync or async. If it throws or rejects, or returns work that has not run, the event is delivered again. */
export type Handler<Of extends Kind = Kind> = (event: EventOf<Of>) => unknown

/** Where an error arose: all null where no event was read yet. */
export interface ErrorContext {
  readonly kind: Kind | null
  readonly dedupeKey: string | null
}

/** What a receiver stores by: `SqliteInbox` and `PostgresInbox` of yuno-webhooks/inbox, or a store of your own. */
export interface AcceptingInbox {
  /** Resolves when the event is stored, or was before. */
  accept(event: Event): Promise<unknown>
  /** Resolves when an authentic body that is no event is stored. */
  acceptUnreadable(body: Bytes, error: PayloadError): Promise<unknown>
}

export interface ReceiverOptions extends Observers {
  /** Takes every kind without a handler of its own, and "unknown": the kinds that this release does not know. */
  readonly fallback: Handler
  /** Stores an authentic body that is no event, for a person to look at; the delivery is then acknowledged. Without it the answer is 400. */
  readonly onUnreadable?: ((body: Bytes, error: PayloadError) => unknown) | undefined
  readonly inbox?: undefined
}

/** To store each delivery once, and to work later: `inbox.run(handlers)` calls the handlers. */
export interface InboxReceiverOptions extends Observers {
  readonly inbox: AcceptingInbox
  readonly fallback?: undefined
  readonly onUnreadable?: undefined
}

interface Observers {
  /** Is told of a handler or an inbox that failed, and of a body that was parsed too early. Otherwise `console.error`, or Fastify's log; never with a body. */
  readonly onError?: ((error: unknown, context: ErrorContext) => unknown) | undefined
  /**
   * Is told why a delivery was refused: a wrong secret is nothing but a 401 to the sender. Otherwise Fastify's log is, and elsewhere the process
   * warns (`YUNO_WEBHOOKS_REFUSED`), once for each code.
   */
  readonly onRefused?: ((error: WebhookError) => unknown) | undefined
}

/** For adapters: the log of a host that has one. It is told what no observer of the merchant's is. */
export type Log = Required<Pick<ReceiverOptions, 'onError' | 'onRefused'>>

const OPTIONS = ['inbox', 'fallback', 'onUnreadable', 'onError', 'onRefused'] as const
const OBSERVERS = ['onUnreadable', 'onError', 'onRefused'] as const
const NOWHERE: ErrorContext = Object.freeze({ kind: null, dedupeKey: null })

/**
 * Verifies deliveries, and calls the handler of each event's kind or stores them in an inbox.
 *
 * With an inbox the answer says that the delivery is stored. Without one the handler runs inside the provider's wait (23 seconds for the first try and
 * 7 for later ones, when it last said), and nothing is de-duplicated here: an event comes again whenever an answer was late or lost. Write
 * `event.dedupeKey` and the effect in one transaction of your database, do nothing if the key is there, and do slow work afterwards.
 */
export class Receiver {
  readonly #verifier: Verifier
  readonly #options: ReceiverOptions | InboxReceiverOptions
  readonly #inbox: AcceptingInbox | null
  readonly #handlers: Registry<(event: never) => unknown> | null
  /** The codes of which the process was warned. */
  readonly #warned = new Set<ErrorCode>()

  constructor(verifier: Verifier, options: ReceiverOptions | InboxReceiverOptions) {
    if (!isA(verifier, Verifier)) {
      throw wrongArgument('The first argument of Receiver must be a Verifier, such as Verifier.fromEnv().')
    }
    const given = known(options ?? {}, OPTIONS, 'Receiver')
    this.#inbox = checkedInbox(given)
    this.#handlers = this.#inbox === null ? new Registry(given.fallback) : null
    for (const name of OBSERVERS) {
      if (given[name] !== undefined) {
        checkFunction(given[name], name)
      }
    }
    this.#verifier = verifier
    this.#options = given as unknown as ReceiverOptions
  }

  /** The largest body that is looked at, in bytes. Whoever reads for the receiver may stop one byte further. */
  get maxBodyBytes(): number {
    return this.#verifier.maxBodyBytes
  }

  /** Sets the handler of one kind, or of several. */
  on<const Of extends Kind>(kinds: Of | readonly Of[], handler: Handler<Of>): this {
    if (this.#handlers === null) {
      throw wrongArgument(ELSEWHERE)
    }
    this.#handlers.set(kinds, handler)
    return this
  }

  /** The reply to a delivery whose body need not be read, by the values of these headers; null to read on. */
  admit(
    headers: { readonly contentLength?: string | null | undefined; readonly contentEncoding?: string | null | undefined },
    log?: Log,
  ): Reply | null {
    try {
      this.#verifier.admit(headers)
      return null
    } catch (thrown) {
      return thrown instanceof WebhookError ? this.#refuse(thrown, log) : this.fail(thrown, log)
    }
  }

  /** Verifies a delivery, waits for its handler and gives the reply. It never rejects: what went wrong is in the reply, and `onError` is told. */
  async receive(body: Body, headers: HeadersInput, log?: Log): Promise<Reply> {
    let event: WebhookEvent
    try {
      event = this.#verifier.verify(body, headers)
    } catch (thrown) {
      if (thrown instanceof PayloadError) {
        return this.#keep(body, thrown, log)
      }
      return thrown instanceof WebhookError ? this.#refuse(thrown, log) : this.fail(thrown, log)
    }
    const { kind, dedupeKey } = event
    const inbox = this.#inbox
    const handler = this.#handlers?.find(kind) as (event: WebhookEvent) => unknown
    return this.#run(
      () => (inbox === null ? settle(() => handler(event)) : inbox.accept(event)),
      Reply.received(),
      { kind, dedupeKey },
      log,
    )
  }

  /** For adapters: the reply where the host is set up wrongly, for example a body that was parsed too early. `onError` is told. */
  fail(error: unknown, log?: Log): Reply {
    this.#report(error, NOWHERE, log)
    return Reply.toError(errorOf('INVALID_ARGUMENT'))
  }

  #refuse(error: WebhookError, log: Log | undefined): Reply {
    const { onRefused = log?.onRefused } = this.#options
    if (onRefused !== undefined) {
      this.#tell(() => onRefused(error), NOWHERE)
    } else if (!this.#warned.has(error.code)) {
      // Once: whoever can send can be refused, as often as they like.
      this.#warned.add(error.code)
      warn(error)
    }
    return Reply.toError(error)
  }

  /** An authentic body that is no event. */
  async #keep(body: Body, error: PayloadError, log: Log | undefined): Promise<Reply> {
    const reply = Reply.toError(error)
    // One without a byte is acknowledged as it is: there is nothing to store.
    if (reply.status === Reply.received().status) {
      return reply
    }
    const { onUnreadable } = this.#options
    const inbox = this.#inbox
    const stored = Reply.toError(error, { stored: true })
    // What would not be acknowledged is not stored.
    if ((onUnreadable === undefined && inbox === null) || stored.status === reply.status) {
      return this.#refuse(error, log)
    }
    const copy = Buffer.from(rawBytes(body))
    return this.#run(
      () => (inbox === null ? settle(() => onUnreadable?.(copy, error)) : inbox.acceptUnreadable(copy, error)),
      stored,
      NOWHERE,
      log,
    )
  }

  async #run(work: () => Promise<unknown>, done: Reply, context: ErrorContext, log: Log | undefined): Promise<Reply> {
    try {
      await work()
      return done
    } catch (error) {
      this.#report(error, context, log)
      return Reply.tryAgain()
    }
  }

  #report(error: unknown, context: ErrorContext, log: Log | undefined): void {
    const { onError = log?.onError } = this.#options
    if (onError === undefined) {
      print(error, context)
    } else {
      this.#tell(() => onError(error, context), context)
    }
  }

  /** Calls one of the merchant's observers: its failure must not change the answer, nor end the process as a rejection that nobody handles. */
  #tell(observer: () => unknown, context: ErrorContext): void {
    const call = async () => observer()
    call().catch((thrown) => print(thrown, context))
  }
}

function warn({ message }: WebhookError): void {
  const text = `a delivery was refused: ${message} This is told once; to be told of each, give the receiver onRefused.`
  process.emitWarning(text, { type: 'YunoWebhooksWarning', code: 'YUNO_WEBHOOKS_REFUSED' })
}

function print(error: unknown, { kind, dedupeKey }: ErrorContext): void {
  const work = isA(error, InboxError) ? 'the storing' : 'the handler'
  const what = kind === null ? 'a delivery could not be received' : `${work} of ${kind} failed, key ${dedupeKey}`
  try {
    console.error('yuno-webhooks: %s', what, error)
  } catch {
    // An error can have code of its own that prints it.
    console.error('yuno-webhooks: %s, by an error that cannot be printed', what)
  }
}

const ELSEWHERE =
  'This receiver stores deliveries in its inbox and calls no handler. Give handlers to the inbox: inbox.run(new Handlers({ fallback }).on(kinds, handler)).'

/** The inbox, if there is one. What would then never be called is refused. */
function checkedInbox({ inbox, fallback, onUnreadable }: Partial<Record<(typeof OPTIONS)[number], unknown>>): AcceptingInbox | null {
  if (inbox === undefined) {
    return null
  }
  const { accept, acceptUnreadable } = (inbox ?? {}) as Partial<AcceptingInbox>
  if (typeof accept !== 'function' || typeof acceptUnreadable !== 'function') {
    throw wrongArgument('inbox must be an open inbox of yuno-webhooks/inbox: await SqliteInbox.open(path), for example.')
  }
  if (fallback !== undefined) {
    throw wrongArgument(ELSEWHERE)
  }
  if (onUnreadable !== undefined) {
    throw wrongArgument('With an inbox there is no onUnreadable: the inbox stores what is authentic and no event, as dead.')
  }
  return inbox as AcceptingInbox
}

/** Refuses what is no Receiver where an adapter is made: at the first delivery would be too late. */
export function checkReceiver(given: unknown, call: string): asserts given is Receiver {
  if (!isA(given, Receiver)) {
    throw wrongArgument(`${call} takes a Receiver first: new Receiver(Verifier.fromEnv(), { fallback }).`)
  }
}
