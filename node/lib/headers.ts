import { wrongArgument } from './errors'

type Value = string | readonly string[] | undefined

/** The headers of a request: `request.headers`, `headersDistinct`, `rawHeaders`, a Web `Headers`, a `Map`, or any pairs. */
export type HeadersInput = Readonly<Record<string, Value>> | readonly string[] | Iterable<readonly [string, string | readonly string[]]>

const EXPECTED =
  "the request's headers: request.headers, request.headersDistinct, request.rawHeaders, a Web Headers, a Map, or pairs of names and values"

/** Which headers a verifier reads. The others are not even converted; the core compares the names by itself. */
export class WantedHeaders {
  readonly #names: ReadonlySet<string>
  readonly #lengths: ReadonlySet<number>

  constructor(names: readonly string[]) {
    this.#names = new Set(names)
    this.#lengths = new Set(names.map((name) => name.length))
  }

  /** Names and values in turn, a repeated header as often as it is there. */
  read(headers: unknown): string[] {
    const found: string[] = []
    try {
      this.#collect(headers, found)
      if (found.length === 0) {
        refuseHolder(headers as object)
      }
    } catch (thrown) {
      if (thrown instanceof Refusal) {
        throw wrongArgument(thrown.message)
      }
      // Not as the cause: what a foreign container throws may hold the value that it could not read.
      throw wrongArgument(`The headers could not be read: their own code threw. Give ${EXPECTED}.`)
    }
    return found
  }

  #collect(headers: unknown, found: string[]): void {
    if (typeof headers !== 'object' || headers === null) {
      throw new Refusal(`The headers are ${headers === null ? 'null' : `of the type ${typeof headers}`}. Give ${EXPECTED}.`)
    }
    if (Array.isArray(headers) && typeof headers[0] === 'string') {
      this.#collectFlat(headers, found)
    } else if (Symbol.iterator in headers) {
      for (const pair of headers as Iterable<unknown>) {
        this.#collectPair(pair, found)
      }
    } else {
      for (const name of Object.keys(headers)) {
        if (this.#wants(name)) {
          add(name, (headers as Record<string, unknown>)[name], found)
        }
      }
    }
  }

  #collectFlat(headers: readonly unknown[], found: string[]): void {
    if (headers.length % 2 !== 0) {
      throw new Refusal('The raw headers are an odd number of texts. Give names and values in turn.')
    }
    for (let place = 0; place < headers.length; place += 2) {
      this.#collectOne(headers[place], headers[place + 1], found)
    }
  }

  #collectPair(pair: unknown, found: string[]): void {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw new Refusal(`An item of the headers is not a pair of a name and a value. Give ${EXPECTED}.`)
    }
    this.#collectOne(pair[0], pair[1], found)
  }

  #collectOne(name: unknown, value: unknown, found: string[]): void {
    if (typeof name !== 'string') {
      throw new Refusal("A header's name is not a string.")
    }
    if (this.#wants(name)) {
      add(name, value, found)
    }
  }

  #wants(name: string): boolean {
    // The core also knows the spelling of CGI, HTTP_X_API_KEY.
    return (this.#lengths.has(name.length) && this.#names.has(name.toLowerCase())) || name.startsWith('HTTP_')
  }
}

/** A request, or a delivery of `yuno-webhooks/testing`, in the place of its headers would look like a request without a signature. */
function refuseHolder(given: object): void {
  const inner: unknown = 'headers' in given ? given.headers : undefined
  if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) {
    throw new Refusal('This is not the headers but the object that holds them: pass request.headers, not request.')
  }
}

/** Our own word about the headers, told from what a foreign container throws. */
class Refusal extends Error {}

function add(name: string, value: unknown, found: string[]): void {
  if (typeof value === 'string') {
    found.push(name, value)
  } else if (Array.isArray(value)) {
    for (const one of value) {
      if (typeof one !== 'string') {
        throw new Refusal("A header's value is not a string.")
      }
      found.push(name, one)
    }
  } else if (value !== undefined) {
    throw new Refusal("A header's value is not a string or an array of strings.")
  }
}
