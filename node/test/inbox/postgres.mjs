// A PostgreSQL server of the tests' own: in a folder for a while, on a free port of this machine.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import pg from 'pg'
import { freePort, userOf } from './machine.mjs'

/** The folder of the server's programs; null where there is none. PostgreSQL refuses to run as root, so root needs a user "postgres". */
function programs() {
  const debian = '/usr/lib/postgresql'
  const folders = (process.env.PATH ?? '').split(':')
  if (existsSync(debian)) {
    folders.push(...readdirSync(debian).map((version) => join(debian, version, 'bin')))
  }
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))) ?? null
}

export class Server {
  #folder = mkdtempSync(join(tmpdir(), 'yuno-webhooks-postgres-'))
  #port = 0
  #programs
  #user
  #databases = 0
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #process

  /** @param {string} folder */
  constructor(folder) {
    this.#programs = folder
    this.#user = userOf('postgres')
  }

  /** A server that runs; null where PostgreSQL is not installed. */
  static async start() {
    const folder = programs()
    if (folder === null) {
      return null
    }
    const server = new Server(folder)
    server.#port = await freePort()
    const { uid, gid } = server.#user
    if (uid !== undefined && gid !== undefined) {
      chownSync(server.#folder, uid, gid)
    }
    const words = ['-D', server.#data, '-U', 'tests', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync']
    execFileSync(join(folder, 'initdb'), words, { ...server.#user, cwd: server.#folder, stdio: 'ignore' })
    await server.up()
    return server
  }

  get #data() {
    return join(this.#folder, 'data')
  }

  async up() {
    const settings = ['listen_addresses=127.0.0.1', `unix_socket_directories=${this.#folder}`, 'fsync=off', 'max_connections=200']
    const words = ['-D', this.#data, '-p', String(this.#port), ...settings.flatMap((one) => ['-c', one])]
    this.#process = spawn(join(this.#programs, 'postgres'), words, { ...this.#user, cwd: this.#folder, stdio: 'ignore' })
    for (let tries = 0; ; tries += 1) {
      try {
        await this.query('postgres', 'SELECT 1')
        return
      } catch (error) {
        if (tries > 200) {
          throw error
        }
      }
      await setTimeout(50)
    }
  }

  /** Stops it as an operator would; at once, as a power cut would, with SIGQUIT. @param {NodeJS.Signals} signal */
  async down(signal = 'SIGINT') {
    const running = this.#process
    if (running !== undefined) {
      this.#process = undefined
      const ended = once(running, 'exit')
      running.kill(signal)
      await ended
    }
  }

  async remove() {
    await this.down('SIGQUIT')
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** @param {string} database */
  url(database) {
    return `postgresql://tests@127.0.0.1:${this.#port}/${database}`
  }

  /** The address of a new database. */
  async database() {
    this.#databases += 1
    const name = `inbox_${this.#databases}`
    await this.query('postgres', `CREATE DATABASE ${name}`)
    return this.url(name)
  }

  /** @param {string} database @param {string} sql */
  async query(database, sql) {
    const client = new pg.Client({ connectionString: this.url(database) })
    client.on('error', () => {})
    try {
      await client.connect()
      return (await client.query(sql)).rows
    } finally {
      await client.end().catch(() => {})
    }
  }
}
