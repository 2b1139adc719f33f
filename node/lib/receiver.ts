import { types } from 'node:util'
import { type Body, rawBytes } from './body'
import { Reply } from './delivery'
import { errorOf, PayloadError, WebhookError, wrongArgument } from './errors'
import { isA, known } from './given'
import type { HeadersInput } from './headers'
import type { Bytes } from './host'
import type { EventOf, WebhookEvent } from './kinds'
import type { ErrorCode, Kind } from './names'
import { checkKind } from './tables'
import { Verifier } from './verifier'

/** Handles the events of some kinds, sync or async. If it throws or rejects, or returns work that has not run, the event is delivered again. */
export type Handler<Of extends Kind = Kind> = (event: EventOf<Of>) => unknown

/** Where an error arose: all null where no event was read yet. */
export interface ErrorContext {
  readonly kind: Kind | null
  readonly dedupeKey: string | null
}

export interface ReceiverOptions {
  /** Takes every kind without a handler of its own, and "unknown": the kinds that this release does not know. */
  readonly fallback: Handler
  /** Stores an authentic body that is no event, for a person to look at; the delivery is then acknowledged. Without it the answer is 400. */
  readonly onUnreadable?: ((body: Bytes, error: PayloadError) => unknown) | undefined
  /** Is told of a handler that failed and of a body that was parsed too early. Otherwise `console.error`, or Fastify's log; never with a body. */
  readonly onError?: ((error: unknown, context: ErrorContext) => unknown) | undefined
  /**
   * Is told why a delivery was refused: a wrong secret is nothing but a 401 to the sender. Otherwise Fastify's log is, and elsewhere the process
   * warns (`YUNO_WEBHOOKS_REFUSED`), once for each code.
   */
  readonly onRefused?: ((error: WebhookError) => unknown) | undefined
}

/** For adapters: the log of a host that has one. It is told what no observer of the merchant's is. */
export type Log = Required<Pick<ReceiverOptions, 'onError' | 'onRefused'>>

const OPTIONS = ['fallback', 'onUnreadable', 'onError', 'onRefused'] as const
const NOWHERE: ErrorContext = Object.freeze({ kind: null, dedupeKey: null })

/**
 * Verifies deliveries and calls the handler of each event's kind.
 *
 * The handler runs inside the provider's wait (23 seconds for the first try and 7 for later ones, when it last said), and nothing is de-duplicated
 * here: an event comes again whenever an answer was late or lost. Write `event.dedupeKey` and the effect in one transaction of your database, do
 * nothing if the key is there, and do slow work afterwards.
 */
export class Receiver {
  readonly #verifier: Verifier
  readonly #options: ReceiverOptions
  readonly #handlers = new Map<Kind, (event: never) => unknown>()
  /** The codes of which the process was warned. */
  readonly #warned = new Set<ErrorCode>()

  constructor(verifier: Verifier, options: ReceiverOptions) {
    if (!isA(verifier, Verifier)) {
      throw wrongArgument('The first argument of Receiver must be a Verifier, such as Verifier.fromEnv().')
    }
    const given = known(options ?? {}, OPTIONS, 'Receiver')
    checkFunction(given.fallback, 'fallback')
    for (const name of ['onUnreadable', 'onError', 'onRefused'] as const) {
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
    checkFunction(handler, 'The handler')
    const list: readonly unknown[] = Array.isArray(kinds) ? kinds : [kinds]
    for (const [place, kind] of list.entries()) {
      checkKind(kind)
      if (this.#handlers.has(kind) || list.indexOf(kind) !== place) {
        throw wrongArgument(`"${kind}" has a handler already. Call both functions from one.`)
      }
    }
    for (const kind of list as readonly Of[]) {
      this.#handlers.set(kind, handler)
    }
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
    const handler = (this.#handlers.get(kind) ?? this.#options.fallback) as (event: WebhookEvent) => unknown
    return this.#run(() => handler(event), Reply.received(), { kind, dedupeKey }, log)
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
    const stored = Reply.toError(error, { stored: true })
    // What would not be acknowledged is not stored.
    if (onUnreadable === undefined || stored.status === reply.status) {
      return this.#refuse(error, log)
    }
    const copy = Buffer.from(rawBytes(body))
    return this.#run(() => onUnreadable(copy, error), stored, NOWHERE, log)
  }

  async #run(work: () => unknown, done: Reply, context: ErrorContext, log: Log | undefined): Promise<Reply> {
    try {
      if (isUndone(await work())) {
        throw wrongArgument(
          'The function returned work that has not run: a function, a generator or something to subscribe to. Run it, and await its end.',
        )
      }
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
  const what = kind === null ? 'a delivery could not be received' : `the handler of ${kind} failed, key ${dedupeKey}`
  try {
    console.error('yuno-webhooks: %s', what, error)
  } catch {
    // An error can have code of its own that prints it.
    console.error('yuno-webhooks: %s, by an error that cannot be printed', what)
  }
}

/** Whether what a function returned shows that its work was only made: it would be acknowledged, and never run. */
function isUndone(value: unknown): boolean {
  if (typeof value === 'function' || types.isGeneratorObject(value)) {
    return true
  }
  return (
    typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || typeof Reflect.get(value, 'subscribe') === 'function')
  )
}

function checkFunction(given: unknown, role: string): asserts given is (...given: never[]) => unknown {
  const why = role === 'fallback' ? ': it takes every kind without a handler of its own, and the kinds that this release does not know' : ''
  if (typeof given !== 'function') {
    throw wrongArgument(`${role} must be a function, sync or async${why}.`)
  }
  // It would only be made, not run, and the event would be acknowledged.
  if (types.isGeneratorFunction(given)) {
    throw wrongArgument(`${role} must not be a generator function: it does not run when it is called.`)
  }
}

/** Refuses what is no Receiver where an adapter is made: at the first delivery would be too late. */
export function checkReceiver(given: unknown, call: string): asserts given is Receiver {
  if (!isA(given, Receiver)) {
    throw wrongArgument(`${call} takes a Receiver first: new Receiver(Verifier.fromEnv(), { fallback }).`)
  }
}
