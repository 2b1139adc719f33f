// Processes that run worker.mjs or another file of the tests, and waiting for what they do.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const WORKER = fileURLToPath(new URL('worker.mjs', import.meta.url))

export class Process {
  /** What it said. @type {string[]} */
  lines = []
  /** What it wrote to stderr. */
  errors = ''
  #process
  #ended

  /** @param {string} task @param {import('./places.mjs').Place} place @param {string} [option] @param {string} [file] */
  constructor(task, place, option = '', file = WORKER) {
    this.#process = spawn(process.execPath, [file, task, JSON.stringify(place), option], { stdio: ['ignore', 'pipe', 'pipe'] })
    const lines = createInterface(this.#process.stdout)
    lines.on('line', (line) => this.lines.push(line))
    this.#process.stderr.on('data', (text) => {
      this.errors += text
    })
    this.#ended = Promise.all([once(this.#process, 'exit'), once(lines, 'close')]).then(([[code]]) => /** @type {number | null} */ (code))
  }

  /** Sends a signal, and gives the exit code; null if the signal ended it. @param {NodeJS.Signals} signal */
  async end(signal) {
    this.#process.kill(signal)
    return this.#ended
  }

  /** @param {string} beginning */
  said(beginning) {
    return this.lines.some((line) => line.startsWith(beginning))
  }
}

/** Waits until something is so. @param {() => unknown} isSo */
export async function until(isSo, milliseconds = 20_000) {
  for (const end = Date.now() + milliseconds; Date.now() < end; ) {
    if (await isSo()) {
      return
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`it did not become so: ${isSo}`)
}
