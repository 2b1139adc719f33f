/** The body was read, and perhaps parsed, before the receiver saw it: its bytes are gone, and no other text of it is what was signed. */
export class BodyParsedError extends TypeError {
  /** As Node's own errors have it. */
  readonly code = 'BODY_PARSED'

  constructor(fix: string) {
    super(`The body of the request was read before the receiver saw it, so nothing can be verified. ${fix}`)
  }
}

// On the prototype, as the engine's own errors have it.
Object.defineProperty(BodyParsedError.prototype, 'name', { value: 'BodyParsedError', writable: true, configurable: true })
