// The packed packages, installed into an empty project: they run by import and require, and their types compile strictly.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { npm } from '../scripts/npm.mjs'
import { pack, parts, tarball } from '../scripts/pack.mjs'
import { here } from './here.mjs'

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
  // `npm run dist` gives the folder of the tarballs that it made.
  const given = process.env.YUNO_TARBALLS
  const folder = given ?? join(project, 'tarballs')
  if (given === undefined) {
    pack(folder)
  }
  writeFileSync(join(project, 'package.json'), '{ "private": true }')
  // The other platforms' parts are not here, and no registry is asked for them.
  npm(['install', '--offline', '--no-audit', '--no-fund', tarball(folder, 'yuno-webhooks'), tarball(folder, here.name)], project)
})

after(() => rmSync(project, { recursive: true, force: true }))

/** The files of a package that was installed. @param {string} name */
const filesOf = (name) =>
  readdirSync(join(project, 'node_modules', name), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(join(project, 'node_modules', name), join(entry.parentPath, entry.name)).replaceAll('\\', '/'))

test('the packages hold what they need, and nothing else', () => {
  const main = filesOf('yuno-webhooks')
  const own = ['CATALOG.md', 'LICENSE-APACHE', 'LICENSE-MIT', 'README.md', 'native.d.ts', 'native.js', 'package.json']
  assert.deepEqual(main.filter((file) => !/^dist\/((cli|inbox|metrics)\/)?[\w-]+\.(js|d\.ts)$/.test(file)).sort(), own)
  assert(['dist/index.js', 'dist/index.d.ts', 'dist/inbox/index.js'].every((file) => main.includes(file)))
  assert.deepEqual(filesOf(here.name).sort(), ['LICENSE-APACHE', 'LICENSE-MIT', 'package.json', `yuno-webhooks.${here.target}.node`])
})

test('the packages are of one release, name each other, and run nothing when they are installed', () => {
  const [main, part] = ['yuno-webhooks', here.name].map((name) =>
    JSON.parse(readFileSync(join(project, 'node_modules', name, 'package.json'), 'utf8')),
  )
  assert.deepEqual(main.optionalDependencies, Object.fromEntries(parts.map(({ name }) => [name, main.version])))
  const { name, version, os, cpu, libc, engines, license, publishConfig } = part
  const { target: _, triple: __, ...platform } = here
  assert.deepEqual({ name, os, cpu, ...(libc && { libc }) }, platform)
  assert.deepEqual([version, engines, license, publishConfig], [main.version, main.engines, main.license, main.publishConfig])
  assert.deepEqual(publishConfig, { access: 'public', provenance: true })
  for (const manifest of [main, part]) {
    assert.deepEqual([manifest.scripts, manifest.dependencies, manifest.devDependencies, manifest.private], Array(4).fill(undefined))
  }
})

test('the command line is installed', () => {
  const told = npm(['exec', '--no', '--', 'yuno-webhooks', 'inbox', '--help'], project)
  assert.match(told, /^usage: npx --no-install yuno-webhooks inbox COMMAND/)
})

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
  const subpaths = ['aws-lambda', 'express', 'fastify', 'fetch', 'http', 'inbox', 'metrics', 'nest', 'testing']
  const names = subpaths.map((name) => `'yuno-webhooks/${name}'`)
  writeFileSync(join(project, 'all.cjs'), `for (const name of [${names}]) console.log(Object.keys(require(name)).length > 0)`)
  writeFileSync(join(project, 'all.mjs'), `for (const name of [${names}]) console.log(Object.keys(await import(name)).length > 0)`)
  for (const file of ['all.cjs', 'all.mjs']) {
    assert.equal(run(process.execPath, [file]), 'true\n'.repeat(subpaths.length))
  }
})
