#!/usr/bin/env node
import { run } from './program'

// A driver's warnings could repeat the address of a store; SQLite of Node 22 says that it is experimental.
process.removeAllListeners('warning')
// Whoever read the output has seen enough.
process.stdout.on('error', () => process.exit())

run(process.argv.slice(2)).then((status) => {
  process.exitCode = status
})
