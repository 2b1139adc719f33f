#!/usr/bin/env node
import { fail, run } from './program'

// A driver's warnings could repeat the address of a store; SQLite of Node 22 says that it is experimental.
process.removeAllListeners('warning')
// Whoever read the output has seen enough.
process.stdout.on('error', () => process.exit())
// What a driver throws beside its calls ends with one line too, and a documented status.
process.on('uncaughtException', (thrown) => process.exit(fail(thrown)))

run(process.argv.slice(2)).then((status) => {
  process.exitCode = status
})
