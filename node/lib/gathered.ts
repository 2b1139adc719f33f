/** Where it begins; a payment fits in. */
const FIRST = 16 * 1024

/** The bytes of a body as they come, in one buffer: pieces of one byte each take no more memory than their bytes. */
export class Gathered {
  readonly #limit: number
  #buffer = Buffer.allocUnsafeSlow(FIRST)
  #length = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Takes a piece. Whether the limit is passed; of what is beyond it one byte is kept, so that it shows. */
  add(piece: Uint8Array): boolean {
    const taken = piece.subarray(0, this.#limit + 1 - this.#length)
    const length = this.#length + taken.length
    if (length > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, Math.min(this.#buffer.length * 2, this.#limit + 1)))
      larger.set(this.bytes)
      this.#buffer = larger
    }
    this.#buffer.set(taken, this.#length)
    this.#length = length
    return length > this.#limit
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }
}

/** Whether a body is not of the length that was declared: something before the receiver read or changed it. */
export function isOtherLength(bytes: Uint8Array, declared: string | null | undefined, limit: number): boolean {
  return bytes.length <= limit && declared !== undefined && declared !== null && /^\d+$/.test(declared) && Number(declared) !== bytes.length
}
