import { wrongArgument } from './errors'
import { nearest } from './nearest'

/** What people call the secret that the provider calls the client secret. */
const SECRETS = ['secret', 'clientsecret', 'webhooksecret', 'signingsecret', 'sharedsecret', 'key', 'hmac', 'hmackey']

/** The given options, each read once, if all of them are known: a misspelt one would be silently not set. The form is how they are given. */
export function known<Name extends string>(
  given: unknown,
  names: readonly Name[],
  of: string,
  form = `{ ${names[0]}: ... }`,
): Partial<Record<Name, unknown>> {
  return readGiven(`The options of ${of}`, () => {
    if (!isPlain(given)) {
      throw wrongArgument(`The options of ${of} must be a plain object, as in ${form}.`)
    }
    for (const name of Object.keys(given)) {
      if (!(names as readonly string[]).includes(name)) {
        throw wrongArgument(`${of} has no option ${JSON.stringify(name.slice(0, 64))}. Did you mean ${meant(name, names)}?`)
      }
    }
    const options = given as Partial<Record<Name, unknown>>
    // Only its own: what somebody put on Object.prototype is no option.
    return Object.fromEntries(names.map((name) => [name, Object.hasOwn(options, name) ? options[name] : undefined])) as Partial<
      Record<Name, unknown>
    >
  })
}

/** Whether it is an object whose members are its own: not of a class, nor made from another object, whose members would be overlooked. */
export function isPlain(given: unknown): given is object {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return false
  }
  // Of any realm: its prototype is none, or one that has none.
  const prototype: object | null = Object.getPrototypeOf(given)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function meant(name: string, names: readonly string[]): string {
  const isSecret = names.includes('hmacSecret') && SECRETS.includes(name.toLowerCase().replaceAll(/[_-]/g, ''))
  return isSecret ? 'hmacSecret' : nearest(name, names)
}

/** Reads an argument whose own code (a getter, a proxy) may throw: what it throws may hold what it was to give, and does not come out. */
export function readGiven<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch (thrown) {
    if (isA(thrown, TypeError) && 'code' in thrown && thrown.code === 'INVALID_ARGUMENT') {
      throw thrown
    }
    throw wrongArgument(`${what} could not be read: its own code threw.`)
  }
}

/** Whether it is an instance: a proxy may throw when it is asked. */
export function isA<T>(given: unknown, type: abstract new (...given: never[]) => T): given is T {
  try {
    return given instanceof type
  } catch {
    return false
  }
}
