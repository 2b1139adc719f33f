// A Redis cluster of the tests' own: three primaries. A node that is lost does not stop the others.
import { Redis } from 'ioredis'
import { freePort } from './machine.mjs'
import { until } from './processes.mjs'
import { RedisServer } from './redis.mjs'

const [PRIMARIES, SLOTS] = [3, 16_384]

export class RedisCluster {
  /** @type {RedisServer[]} */
  servers = []

  static async start() {
    const cluster = new RedisCluster()
    const buses = []
    for (let number = 0; number < PRIMARIES; number += 1) {
      // Not the usual distance from the other port, which may be beyond the last.
      const bus = await freePort()
      buses.push(bus)
      const server = await RedisServer.start({
        'cluster-enabled': 'yes',
        'cluster-port': `${bus}`,
        'cluster-node-timeout': '1000',
        'cluster-require-full-coverage': 'no',
      })
      cluster.servers.push(/** @type {RedisServer} */ (server))
      const [first, last] = [number, number + 1].map((part) => Math.floor((part * SLOTS) / PRIMARIES))
      await cluster.ask(number, 'CLUSTER', 'ADDSLOTSRANGE', `${first}`, `${Number(last) - 1}`)
      // Which of two that claim a slot has it.
      await cluster.ask(number, 'CLUSTER', 'SET-CONFIG-EPOCH', `${number + 1}`)
      if (number > 0) {
        await cluster.ask(0, 'CLUSTER', 'MEET', '127.0.0.1', `${server?.port}`, `${bus}`)
      }
    }
    for (const number of cluster.servers.keys()) {
      await until(async () => /cluster_state:ok.*cluster_known_nodes:3/s.test(String(await cluster.ask(number, 'CLUSTER', 'INFO'))))
    }
    return cluster
  }

  get url() {
    return `redis+cluster://127.0.0.1:${this.servers[0]?.port}`
  }

  /** What one server says. @param {number} number @param {string} command @param {string[]} words */
  async ask(number, command, ...words) {
    const client = new Redis(this.servers[number]?.port ?? 0, '127.0.0.1')
    try {
      return await client.call(command, ...words)
    } finally {
      client.disconnect()
    }
  }

  async remove() {
    await Promise.all(this.servers.map((server) => server.remove()))
  }
}
