// The packed package, installed into an empty project: it runs by import and require, and its types compile strictly.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const project = mkdtempSync(join(tmpdir(), 'yuno-webhooks-'))

/** @param {string} command @param {string[]} words @param {string} cwd */
function run(command, words, cwd = project) {
  return execFileSync(command, words, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** A receiver on this machine that gets a good, a forged and a good delivery again. @param {string} imports */
const receiver = (imports) => `${imports}
const verifier = new Verifier({ hmacSecret: 'secret' })
const seen = new Set()
const server = createServer(async (request, response) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  let reply = Reply.received()
  try {
    seen.add(verifier.verify(Buffer.concat(chunks), request.headers).dedupeKey)
  } catch (error) {
    if (!(error instanceof WebhookError)) throw error
    reply = Reply.toError(error)
  }
  response.writeHead(reply.status).end(reply.body)
})
server.listen(0, '127.0.0.1', async () => {
  const body = sample('payment.purchase')
  const statuses = []
  for (const headers of [sign(body, 'secret'), sign(body, 'other'), sign(body, 'secret')]) {
    const answer = await fetch('http://127.0.0.1:' + server.address().port, { method: 'POST', body, headers: { 'x-hmac-signature': headers } })
    statuses.push(answer.status)
  }
  console.log(JSON.stringify([statuses, seen.size]))
  server.close()
})
`

before(() => {
  // `npm run dist` gives the tarball that it made.
  const given = process.env.YUNO_TARBALL
  const packed = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', project], PACKAGE).replace(/^[^[{]*/, ''))
  const [{ filename, files }] = Array.isArray(packed) ? packed : Object.values(packed)
  const names = files.map((/** @type {{ path: string }} */ file) => file.path)
  for (const name of [
    'package.json',
    'README.md',
    'CATALOG.md',
    'LICENSE-MIT',
    'LICENSE-APACHE',
    'dist/index.js',
    'dist/index.d.ts',
    'native.js',
    'native.d.ts',
  ]) {
    assert(names.includes(name), `${name} is not in the package`)
  }
  assert.deepEqual(
    names.filter(
      (/** @type {string} */ name) =>
        !/^(dist\/|native\.|package\.json|README\.md|CATALOG\.md|LICENSE-|yuno-webhooks\..*\.node$)/.test(name),
    ),
    [],
  )
  writeFileSync(join(project, 'package.json'), '{ "private": true }')
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--no-save', given ?? join(project, filename)])
})

after(() => rmSync(project, { recursive: true, force: true }))

test('a receiver runs by import', () => {
  const imports = `import { createServer } from 'node:http'
import { Reply, Verifier, WebhookError } from 'yuno-webhooks'
import { sample, sign } from 'yuno-webhooks/testing'`
  writeFileSync(join(project, 'receiver.mjs'), receiver(imports))
  assert.equal(run(process.execPath, ['receiver.mjs']), '[[200,401,200],1]\n')
})

test('a receiver runs by require', () => {
  const imports = `const { createServer } = require('node:http')
const { Reply, Verifier, WebhookError } = require('yuno-webhooks')
const { sample, sign } = require('yuno-webhooks/testing')`
  writeFileSync(join(project, 'receiver.cjs'), receiver(imports))
  assert.equal(run(process.execPath, ['receiver.cjs']), '[[200,401,200],1]\n')
})

const CONSUMER = `import type { IncomingMessage } from 'node:http'
import { type Event, Reply, Schedule, Verifier, WebhookError } from 'yuno-webhooks'
import { headers, sample } from 'yuno-webhooks/testing'

export function receive(body: Buffer, request: IncomingMessage): Reply {
  try {
    const event: Event = new Verifier({ hmacSecret: ['new', 'old'], maxBodyBytes: 5 }).verify(body, request.headers)
    const units: bigint | null | undefined = event.resource.amount?.minorUnits
    const newer: boolean | null = event.isNewerThan(event)
    if (event.kind === 'payment.purchase' && units && newer) return Reply.received()
    return Reply.received()
  } catch (error) {
    if (error instanceof WebhookError) return Reply.toError(error, { stored: true })
    throw error
  }
}
const body = sample('payment.refund', { amount: '24.90' })
new Verifier({ hmacSecret: 's' }).verify(body, headers(body, 's'))
new Verifier({ hmacSecret: process.env['SECRET'] }).verify(new ArrayBuffer(0), new Headers())
new Verifier().verify(new Uint16Array(2), ['rawHeaders', 'a'])
new Verifier().verify(new DataView(new ArrayBuffer(0)), new Map([['a', 'b']]))
new Schedule({ since: 'first_try' }).checkRetention(5)
// @ts-expect-error: a body is bytes
new Verifier().verify('text', {})
// @ts-expect-error: no such option
new Verifier({ hmacSecrets: 's' })
// @ts-expect-error: an event is not made with new
new (null as unknown as typeof import('yuno-webhooks').Event)()
// @ts-expect-error: a kind that is none
sample('payment.purchse')
`

/** Compiles a file in the project. @param {string} file @param {string} text @param {object} options */
function compile(file, text, options) {
  writeFileSync(join(project, file), text)
  const compilerOptions = { target: 'es2023', strict: true, exactOptionalPropertyTypes: true, noEmit: true, ...options }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }))
  try {
    run(process.execPath, [join(PACKAGE, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', '.'])
  } catch (error) {
    assert.fail(/** @type {any} */ (error).stdout)
  }
}

const ADAPTERS = `
import { handler as lambda } from 'yuno-webhooks/aws-lambda'
import { middleware } from 'yuno-webhooks/express'
import { plugin } from 'yuno-webhooks/fastify'
import { handler } from 'yuno-webhooks/fetch'
import { listener } from 'yuno-webhooks/http'
import { mount } from 'yuno-webhooks/nest'
import { Receiver } from 'yuno-webhooks'
const receiver = new Receiver(new Verifier({ hmacSecret: 's' }), { fallback: (event) => console.log(event.kind) })
export const all = [lambda(receiver), middleware(receiver), plugin, handler(receiver), listener(receiver, { path: '/a' }), mount]
`

for (const [module, moduleResolution, extension] of [
  ['node16', 'node16', 'mts'],
  ['node16', 'node16', 'cts'],
  ['nodenext', 'nodenext', 'mts'],
  ['nodenext', 'nodenext', 'cts'],
  ['esnext', 'bundler', 'ts'],
]) {
  test(`a strict TypeScript consumer compiles with ${moduleResolution} as .${extension}`, () => {
    const typeRoots = [join(PACKAGE, 'node_modules', '@types')]
    compile(`consumer.${extension}`, CONSUMER + ADAPTERS, { module, moduleResolution, types: ['node'], typeRoots })
  })
}

test('a strict TypeScript consumer compiles without the types of Node', () => {
  const text = `
import { type Event, Receiver, Verifier } from 'yuno-webhooks'
import { handler as lambda } from 'yuno-webhooks/aws-lambda'
import { handler } from 'yuno-webhooks/fetch'
import { delivery } from 'yuno-webhooks/testing'
const bytes: Uint8Array = (null as unknown as Event).raw
const receiver = new Receiver(new Verifier({ hmacSecret: 's' }), { fallback: () => {} })
export const all = [bytes, lambda(receiver), handler(receiver), delivery('payment.purchase', { secret: 's' }).body]
`
  // The adapters that take Node's own requests and streams need its types.
  compile('bare.mts', text, { module: 'nodenext', lib: ['es2023'], types: [] })
  compile('dom.mts', text, { module: 'nodenext', lib: ['es2023', 'dom'], types: [] })
})

test('every subpath loads from the installed package, by import and by require', () => {
  const subpaths = ['aws-lambda', 'express', 'fastify', 'fetch', 'http', 'nest', 'testing']
  const names = subpaths.map((name) => `'yuno-webhooks/${name}'`)
  writeFileSync(join(project, 'all.cjs'), `for (const name of [${names}]) console.log(Object.keys(require(name)).length > 0)`)
  writeFileSync(join(project, 'all.mjs'), `for (const name of [${names}]) console.log(Object.keys(await import(name)).length > 0)`)
  for (const file of ['all.cjs', 'all.mjs']) {
    assert.equal(run(process.execPath, [file]), 'true\n'.repeat(subpaths.length))
  }
})
