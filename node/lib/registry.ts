import { types } from 'node:util'
import { wrongArgument } from './errors'
import type { Kind } from './names'
import { checkKind } from './tables'

/** The merchant's functions by kind, and one for all other kinds. */
export class Registry<Work extends (...given: never[]) => unknown> {
  readonly #fallback: Work
  readonly #byKind = new Map<Kind, Work>()

  constructor(fallback: unknown) {
    checkFunction(fallback, 'fallback')
    this.#fallback = fallback as Work
  }

  /** Sets the function of one kind, or of several. */
  set(kinds: Kind | readonly Kind[], work: Work): void {
    checkFunction(work, 'The handler')
    const list: readonly unknown[] = Array.isArray(kinds) ? kinds : [kinds]
    for (const [place, kind] of list.entries()) {
      checkKind(kind)
      if (this.#byKind.has(kind) || list.indexOf(kind) !== place) {
        throw wrongArgument(`"${kind}" has a handler already. Call both functions from one.`)
      }
    }
    for (const kind of list as readonly Kind[]) {
      this.#byKind.set(kind, work)
    }
  }

  find(kind: Kind): Work {
    return this.#byKind.get(kind) ?? this.#fallback
  }
}

/** Calls a function of the merchant's and waits for its end. */
export async function settle(work: () => unknown): Promise<void> {
  if (isUndone(await work())) {
    throw wrongArgument(
      'The function returned work that has not run: a function, a generator or something to subscribe to. Run it, and await its end.',
    )
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

export function checkFunction(given: unknown, role: string): asserts given is (...given: never[]) => unknown {
  const why = role === 'fallback' ? ': it takes every kind without a handler of its own, and the kinds that this release does not know' : ''
  if (typeof given !== 'function') {
    throw wrongArgument(`${role} must be a function, sync or async${why}.`)
  }
  // It would only be made, not run, and the event would be acknowledged.
  if (types.isGeneratorFunction(given)) {
    throw wrongArgument(`${role} must not be a generator function: it does not run when it is called.`)
  }
}
