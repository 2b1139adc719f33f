// A Redis server of the tests' own: in a folder for a while, on a free port of this machine. What it has acknowledged is on the disk.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, chownSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { freePort, userOf } from './machine.mjs'

/** The server's program; null where there is none. */
function program() {
  for (const folder of (process.env.PATH ?? '').split(':')) {
    try {
      accessSync(join(folder, 'redis-server'), constants.X_OK)
      return join(folder, 'redis-server')
    } catch {
      // Not here.
    }
  }
  return null
}

export class RedisServer {
  #folder = mkdtempSync(join(tmpdir(), 'yuno-webhooks-redis-'))
  #user = userOf('nobody')
  #program
  #port = 0
  #settings
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #process

  /** @param {string} file @param {Record<string, string>} settings */
  constructor(file, settings) {
    this.#program = file
    this.#settings = settings
  }

  /** A server that runs; null where Redis is not installed. @param {Record<string, string>} [settings] */
  static async start(settings = {}) {
    const file = program()
    if (file === null) {
      return null
    }
    const server = new RedisServer(file, { appendonly: 'yes', appendfsync: 'always', 'maxmemory-policy': 'noeviction', ...settings })
    server.#port = await freePort()
    const { uid, gid } = server.#user
    if (uid !== undefined && gid !== undefined) {
      chownSync(server.#folder, uid, gid)
    }
    await server.up()
    return server
  }

  get port() {
    return this.#port
  }

  get url() {
    return `redis://127.0.0.1:${this.#port}`
  }

  async up() {
    const settings = { port: String(this.#port), bind: '127.0.0.1', dir: this.#folder, save: '', ...this.#settings }
    const words = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
    this.#process = spawn(this.#program, words, { ...this.#user, cwd: this.#folder, stdio: 'ignore' })
    for (let tries = 0; !(await this.#answers()); tries += 1) {
      if (tries > 200) {
        throw new Error('redis-server does not answer')
      }
      await setTimeout(50)
    }
  }

  /** Whether it has read its data, and takes commands. @returns {Promise<boolean>} */
  #answers() {
    return new Promise((resolve) => {
      const socket = connect(this.#port, '127.0.0.1', () => socket.write('PING\r\n'))
      socket.on('error', () => resolve(false))
      socket.once('data', (answer) => {
        socket.destroy()
        resolve(`${answer}`.startsWith('+PONG'))
      })
    })
  }

  /** Stops it as an operator would; at once, as a power cut would, with SIGKILL. @param {NodeJS.Signals} signal */
  async down(signal = 'SIGTERM') {
    const running = this.#process
    if (running !== undefined) {
      this.#process = undefined
      const ended = once(running, 'exit')
      running.kill(signal)
      await ended
    }
  }

  /** Holds it up, as a machine that swaps would. @param {boolean} isOn */
  hold(isOn) {
    this.#process?.kill(isOn ? 'SIGSTOP' : 'SIGCONT')
  }

  async remove() {
    await this.down('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
