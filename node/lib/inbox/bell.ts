/** Wakes whoever waits for news, and loses none that came while he was looking. */
export class Bell {
  #rings = 0
  readonly #waiting = new Set<() => void>()

  get rings(): number {
    return this.#rings
  }

  ring(): void {
    this.#rings += 1
    for (const wake of this.#waiting) {
      wake()
    }
  }

  /** Waits until it rings, or so many milliseconds; not at all if it has rung since. */
  wait(heard: number, milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#rings !== heard) {
        resolve()
        return
      }
      const wake = () => {
        clearTimeout(timer)
        this.#waiting.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, milliseconds)
      this.#waiting.add(wake)
    })
  }
}
