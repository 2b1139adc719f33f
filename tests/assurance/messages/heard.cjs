// Writes down what a process of Node says: what it prints and warns, and every error that the package throws, caught or not.
// Node requires this as it starts, also in workers, wherever NODE_OPTIONS names it.
const { appendFileSync } = require('node:fs')
const { Session } = require('node:inspector')
const { mock } = require('node:test')
const { inspect } = require('node:util')
const { threadId } = require('node:worker_threads')

const FILE = `${process.env.MESSAGES}/node-${process.pid}-${threadId}.log`
const record = (text) => appendFileSync(FILE, `${text}\n`)

for (const stream of [process.stdout, process.stderr]) {
  const { write } = stream
  stream.write = function (text, ...more) {
    record(text)
    return write.call(this, text, ...more)
  }
}

// Where a test puts a function of its own in place of the console's, nothing is written.
const tracker = Object.getPrototypeOf(mock)
const { method } = tracker
tracker.method = function (object, name, own, ...more) {
  const hear = (...words) => {
    record(inspect(words, { depth: 9 }))
    return own(...words)
  }
  return method.call(this, object, name, object === console && typeof own === 'function' ? hear : own, ...more)
}

process.on('warning', (warning) => record(inspect(warning)))

globalThis[Symbol.for('heard')] = (error) => record(inspect(error, { depth: 9, showHidden: true }))

// What tests and drivers throw may hold what it likes, until the package throws it again.
const OTHERS = /\/node\/(test|node_modules)\//
// Node's error holds an address that it cannot read. This function of the package drops it: test/inbox.handoff.test.mjs looks at what it throws instead.
const READER = 'addressOf'

/** The debugger stops wherever an error is thrown, shows it, and goes on. */
function hearErrors() {
  const session = new Session()
  const urls = new Map()
  session.connect()
  session.on('Debugger.scriptParsed', ({ params: { scriptId, url } }) => urls.set(scriptId, url))
  session.on('Debugger.paused', ({ params: { data, callFrames } }) => {
    const frames = callFrames.map(({ location, functionName }) => ({ url: urls.get(location.scriptId) ?? '', functionName }))
    const thrower = frames.find(({ url }) => !url.startsWith('node:'))
    const isOfNode = frames[0]?.url === 'node:internal/url' && thrower?.functionName === READER
    if (data?.objectId !== undefined && !OTHERS.test(thrower?.url) && !isOfNode) {
      const functionDeclaration = 'function () { globalThis[Symbol.for("heard")](this) }'
      session.post('Runtime.callFunctionOn', { objectId: data.objectId, silent: true, functionDeclaration })
    }
  })
  session.post('Debugger.enable')
  session.post('Debugger.setPauseOnExceptions', { state: 'all' })
}

// What only starts the files of tests has no debugger.
if (!process.execArgv.includes('--test')) {
  hearErrors()
}
