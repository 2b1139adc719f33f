// The command line: what it prints, what it changes, and how it ends.
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { after, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { Event, PayloadError } from 'yuno-webhooks'
import { sample } from 'yuno-webhooks/testing'
import { SqlitePlace } from './inbox/places.mjs'
import { anywhere, redis, server, stores } from './inbox/stores.mjs'

const PROGRAM = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const PASSWORD = 'pa55w0rd'
const INSTANT = /^20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d\.\d{3}Z$/
const MEMBERS = ['key', 'kind', 'resource', 'state', 'attempts', 'duplicates', 'received_at', 'available_at', 'finished_at']
MEMBERS.push('error_class', 'error_text', 'body_bytes')
const UNREADABLE = Buffer.from('[\xff1]', 'latin1')

/** @typedef {{ status: number, output: string, errors: string, document: any }} Ran */

/** Runs a command. @param {readonly string[]} words @param {string} [url] @returns {Promise<Ran>} */
function start(words, url) {
  const { YUNO_INBOX_URL: _, ...env } = process.env
  const options = { env: url === undefined ? env : { ...env, YUNO_INBOX_URL: url }, timeout: 60_000 }
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, ...words], options, (error, output, errors) => {
      const status = error === null ? 0 : Number(error.code)
      resolve({
        status,
        output,
        errors,
        get document() {
          return JSON.parse(output)
        },
      })
    })
  })
}

/** @param {string | undefined} url @param {string[]} words */
const run = (url, ...words) => start(['inbox', ...words], url)
/** As JSON. @param {string | undefined} url @param {string[]} words */
const ask = async (url, ...words) => (await run(url, ...words, '--format', 'json')).document

/** That it ended so, with one line that says why. @param {Ran} ran @param {number} expected @param {string} code */
function refused({ status, errors }, expected, code) {
  assert.equal(status, expected, errors)
  assert.match(errors, new RegExp(`^yuno-webhooks: ${code}: [^\n]+\n$`))
  return errors
}

/** @param {string} id @param {any} [kind] @param {Record<string, unknown>} [more] */
const event = (id, kind = 'payment.purchase', more = {}) =>
  Event.parseUnverified(sample(kind, { id, merchantReference: 'pr1vate', ...more }))

/** @param {import('./inbox/places.mjs').Inbox} inbox @param {Buffer} body */
async function acceptUnreadable(inbox, body) {
  try {
    Event.parseUnverified(body)
  } catch (error) {
    assert(error instanceof PayloadError)
    return (await inbox.acceptUnreadable(body, error))?.key ?? ''
  }
  return assert.fail('it is an event')
}

for (const [name, make] of stores) {
  describe(name, async () => {
    const place = await make()
    const url = place instanceof SqlitePlace ? `sqlite:${place.file}` : place.connectionString
    const inbox = await place.open()
    after(() => inbox.close())
    const done = (await inbox.accept(event('p-1'))).key
    await (await inbox.claim())[0]?.complete()
    const dead = (await inbox.accept(event('p-2', 'payment.refund'))).key
    await (await inbox.claim())[0]?.bury(new RangeError('no stock'))
    const unreadable = await acceptUnreadable(inbox, UNREADABLE)
    const pending = (await inbox.accept(event('p-3'))).key
    await inbox.accept(event('p-3', 'payment.purchase', { retry: 1 }))
    const body = event('p-1').raw

    test('stats', async () => {
      const { oldest_pending_seconds: oldest, ...counts } = await ask(url, 'stats')
      assert(oldest >= 0 && oldest < 600)
      assert.deepEqual(counts, { scope: 'default', pending: 1, waiting: 0, leased: 0, dead: 2, duplicates: 1 })
      const { output, errors } = await run(url, 'stats', '--scope', 'empty')
      assert.equal(errors, "yuno-webhooks: this store has nothing under the scope 'empty'\n")
      const idle = await place.open({ scope: 'idle' })
      await idle.accept(event('i-1'))
      await (await idle.claim())[0]?.complete()
      await idle.close()
      assert.equal((await run(url, 'stats', '--scope', 'idle')).errors, '')
      assert.equal(
        output,
        'scope                   empty\npending                 0\nwaiting                 0\noldest_pending_seconds  -\nleased                  0\n' +
          'dead                    0\nduplicates              0\n',
      )
    })

    test('options stand before or after the command, and --url is stronger than the variable', async () => {
      const other = await place.open({ scope: 'other' })
      await other.accept(event('o-1'))
      await other.close()
      for (const words of [
        ['--scope', 'other', 'stats'],
        ['stats', '--scope=other'],
      ]) {
        const found = await ask('sqlite:elsewhere', '--url', url, ...words)
        assert.deepEqual([found.scope, found.pending, found.dead], ['other', 1, 0])
      }
    })

    test('list, as JSON and as a table', async () => {
      const { output, errors, document } = await run(url, 'list', '--format', 'json')
      assert.deepEqual([output.split('\n').length, errors], [2, ''])
      const [refund, other] = document
      assert.deepEqual([Object.keys(refund), Object.keys(other)], [MEMBERS, MEMBERS])
      assert.deepEqual([refund.key, refund.state, refund.attempts, refund.kind], [dead, 'dead', 1, 'payment.refund'])
      assert.deepEqual([refund.error_class, refund.error_text], ['RangeError', 'no stock'])
      assert([refund.received_at, refund.available_at, refund.finished_at].every((instant) => INSTANT.test(instant)))
      assert.deepEqual([other.key, other.kind, other.resource, other.body_bytes], [unreadable, null, null, UNREADABLE.length])
      const keys = async (/** @type {string[]} */ ...words) => (await ask(url, 'list', ...words)).map((/** @type {any} */ row) => row.key)
      assert.deepEqual(await keys('--limit', '1'), [dead])
      assert.deepEqual(await keys('--kind', 'payment.purchase'), [])
      assert.deepEqual(await keys('--state', 'done', '--kind=payment.purchase'), [done])
      assert.deepEqual(await keys('--state', 'processing'), [])
      const [waiting] = await ask(url, 'list', '--state', 'pending')
      assert.deepEqual([waiting.key, waiting.finished_at, waiting.duplicates], [pending, null, 1])
      const [header = '', ...lines] = (await run(url, 'list')).output.trimEnd().split('\n')
      assert.deepEqual(
        header.split(/ {2,}/),
        MEMBERS.map((member) => member.toUpperCase()),
      )
      assert.deepEqual(lines[0]?.split(/ {2,}/).slice(0, 6), [dead, 'payment.refund', 'payment/p-2', 'dead', '1', '0'])
      assert.deepEqual(lines[1]?.split(/ {2,}/).slice(0, 4), [unreadable, '-', '-', 'dead'])
      const start = header.indexOf('ERROR_CLASS')
      assert([header, ...lines].every((line) => line.slice(start - 2, start) === '  ' && line[start] !== ' '))
    })

    test('show gives a body only when asked', async () => {
      const short = await run(url, 'show', done, '--format', 'json')
      assert.deepEqual([Object.keys(short.document), short.document.body_bytes], [MEMBERS, body.length])
      const table = await run(url, 'show', done)
      assert.match(table.output, new RegExp(`^body_bytes +${body.length}$`, 'm'))
      for (const ran of [short, table, await run(url, 'list', '--state', 'done'), await run(url, 'stats')]) {
        assert(!(ran.output + ran.errors).includes('pr1vate'))
      }
      assert.deepEqual(await ask(url, 'show', done, '--body'), { ...short.document, body: `${body}` })
      assert((await run(url, 'show', '--body', done)).output.includes(`${body}`))
      const bytes = await ask(url, 'show', '--body', unreadable)
      assert.deepEqual(Object.keys(bytes), [...MEMBERS, 'body_base64'])
      assert.deepEqual(Buffer.from(bytes.body_base64, 'base64'), UNREADABLE)
      refused(await run(url, 'show', 'no-such-key'), 1, 'NOT_FOUND')
    })

    test('what moves a terminal is not printed in a table', async () => {
      const other = await place.open({ scope: 'terminal' })
      const text = '{"a":\n\t"\x1b[31m\u009b\u202e"}'
      const key = await acceptUnreadable(other, Buffer.from(text))
      await other.close()
      assert((await run(url, 'show', key, '--body', '--scope=terminal')).output.includes('{"a":\n\t"\ufffd[31m\ufffd\ufffd"}'))
      assert.equal((await ask(url, 'show', key, '--body', '--scope=terminal')).body, text)
    })

    test('replay, discard and purge say what they did', async () => {
      const stateOf = async (/** @type {string} */ key) => (await inbox.find(key)).state
      assert.deepEqual(await ask(url, 'replay', dead), { replayed: 1 })
      assert.equal(await stateOf(dead), 'pending')
      refused(await run(url, 'replay', dead), 1, 'NOT_FOUND')
      assert.equal((await run(url, 'replay', done)).output, 'replayed  1\n')
      for (const claimed of await inbox.claim({ limit: 9 })) {
        await claimed.bury(new RangeError('no stock'))
      }
      assert.deepEqual(await ask(url, 'replay', '--dead', '--kind', 'payment.refund'), { replayed: 1 })
      assert.deepEqual(await ask(url, 'replay', '--dead', '--limit', '1'), { replayed: 1 })
      assert.deepEqual(await ask(url, 'replay', '--dead'), { replayed: 2 })
      assert.deepEqual(await ask(url, 'replay', '--dead'), { replayed: 0 })
      const [claimed] = await inbox.claim()
      await claimed?.bury(new RangeError('no stock'))
      assert.deepEqual(await ask(url, 'discard', claimed?.key ?? ''), { discarded: 1 })
      refused(await run(url, 'discard', pending), 1, 'NOT_FOUND')
      assert.deepEqual(await ask(url, 'purge', '--older-than', '30d'), { purged: 0 })
      await place.query('UPDATE yuno_inbox SET received_at = received_at - 2678400000')
      refused(await run(url, 'purge', '--older-than', '36h'), 2, 'RETENTION_TOO_SHORT')
      assert.equal((await run(url, 'purge', '--older-than', '44640m')).output, 'purged  1\n')
      const purged = await ask(url, 'show', claimed?.key ?? '', '--body')
      assert.deepEqual([purged.body_bytes, purged.body], [null, null])
    })

    test('a schema that is not there or of another release is said, and nothing is made', async () => {
      const own = await make()
      const address = own instanceof SqlitePlace ? `sqlite:${own.file}` : own.connectionString
      for (const command of ['stats', 'list', 'verify-schema']) {
        refused(await run(address, command), 4, 'SCHEMA_MISMATCH')
      }
      if (own instanceof SqlitePlace) {
        assert(!existsSync(own.file))
      } else {
        assert.equal((await own.query("SELECT to_regclass('yuno_inbox_schema') AS found"))[0].found, null)
      }
      await (await own.open()).close()
      assert.equal((await run(address, 'verify-schema')).output, 'schema    1\nexpected  1\nok        true\n')
      assert.deepEqual(await ask(address, 'verify-schema'), { schema: 1, expected: 1, ok: true })
      await own.query('UPDATE yuno_inbox_schema SET version = 2')
      refused(await run(address, 'stats'), 4, 'SCHEMA_MISMATCH')
      const later = await run(address, 'verify-schema', '--format=json')
      refused(later, 4, 'SCHEMA_MISMATCH')
      assert.deepEqual(later.document, { schema: null, expected: 1, ok: false })
    })
  })
}

test('a store in Redis is looked at in the same way', { skip: redis === null }, async () => {
  const place = /** @type {import('./inbox/places.mjs').RedisPlace} */ (await anywhere.get('Redis')?.())
  const { url } = place
  refused(await run(url, 'stats'), 4, 'SCHEMA_MISMATCH')
  const inbox = await place.open()
  const { key } = await inbox.accept(event('r-1'))
  await (await inbox.claim())[0]?.bury(new RangeError('no stock'))
  assert.deepEqual(await ask(url, 'verify-schema'), { schema: 1, expected: 1, ok: true })
  const { oldest_pending_seconds: oldest, ...counts } = await ask(url, 'stats')
  assert.deepEqual([oldest, counts], [null, { scope: 'default', pending: 0, waiting: 0, leased: 0, dead: 1, duplicates: 0 }])
  const [dead] = await ask(url, 'list')
  assert.deepEqual(Object.keys(dead), MEMBERS)
  assert.deepEqual([dead.key, dead.error_class, dead.body_bytes], [key, 'RangeError', event('r-1').raw.length])
  assert.equal((await ask(url, 'show', key, '--body')).body, `${event('r-1').raw}`)
  refused(await run(url, 'show', 'no-such-key'), 1, 'NOT_FOUND')
  assert.deepEqual(await ask(url, 'replay', '--dead'), { replayed: 1 })
  assert.equal((await inbox.find(key)).state, 'pending')
  await inbox.close()
  const client = new Redis(redis?.url ?? '')
  await client.config('SET', 'appendfsync', 'everysec')
  assert.equal((await ask(url, 'stats')).pending, 1)
  await client.config('SET', 'maxmemory-policy', 'allkeys-lru')
  refused(await run(url, 'stats'), 4, 'STORE_UNSAFE')
  await client.config('SET', 'appendfsync', 'always', 'maxmemory-policy', 'noeviction')
  client.disconnect()
  const away = await run(`redis://shop:${PASSWORD}@127.0.0.1:1`, 'stats')
  assert.match(refused(away, 3, 'STORE_UNAVAILABLE'), /did not answer.*ECONNREFUSED/)
  refused(await run(`redis+cluster://shop:${PASSWORD}@127.0.0.1:1`, 'stats'), 3, 'STORE_UNAVAILABLE')
  const stranger = await run(`redis://shop:${PASSWORD}@127.0.0.1:${redis?.port}`, 'stats')
  assert.match(refused(stranger, 3, 'STORE_UNAVAILABLE'), /WRONGPASS/)
  assert.match(refused(await run('redis://no-such-host.invalid', 'stats'), 3, 'STORE_UNAVAILABLE'), /ENOTFOUND|EAI_AGAIN/)
  assert.match(refused(await run(`${redis?.url}/9999`, 'stats'), 2, 'USAGE'), /no database 9999/)
  refused(await run(`${url}?durability=everysec`, 'stats'), 2, 'USAGE')
})

test('more than a part is replayed, each once', async () => {
  const [make] = stores.values()
  const place = /** @type {SqlitePlace} */ (await make?.())
  const inbox = await place.open()
  await inbox.accept(event('many'))
  const copies = `INSERT INTO yuno_inbox (scope, dedupe_key, occurrence, news_at, received_at, state, available_at, body)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1001)
    SELECT 'default', 'copy-' || i, 1, 1, 1, 'dead', 1, body FROM n, yuno_inbox`
  await place.query(copies)
  assert.deepEqual(await ask(`sqlite:${place.file}`, 'replay', '--dead'), { replayed: 1001 })
  assert.equal((await inbox.stats()).dead, 0)
  await inbox.close()
})

test('a call that is wrong says what is right', async () => {
  for (const [words, text] of /** @type {[string[], RegExp][]} */ ([
    [['stats'], /Give --url, or set YUNO_INBOX_URL/],
    [['stats', '--url', ''], /--url is empty/],
    [['stats', '--url', 'mysql://shop'], /sqlite:shop\.db/],
    [['stats', '--url', 'sqlite:'], /sqlite:shop\.db/],
    [['stats', '--url', 'sqlite://shop.db'], /three slashes/],
    [['stats', '--url', 'sqlite::memory:'], /only in memory is lost/],
    [['stats', '--url', `sqlite:${PROGRAM}`, '--scope', ''], /scope must be a name/],
    [['stats', '--format', 'yaml'], /'json'/],
    [['stats', '--limit', '1'], /stats has no option --limit/],
    [['stat'], /verify-schema/],
    [['list', '--state', 'lost'], /'processing'/],
    [['list', '--kind', 'payment.purchas'], /"payment\.purchase"\?/],
    [['list', '--limit', '0'], /a whole number from 1/],
    [['list', '--limit', '99999999999'], /a whole number from 1/],
    [['list', '--limit', '--kind'], /--limit needs a value/],
    [['list', '--lim', '1'], /--lim; did you mean --limit\?/],
    [['show'], /KEY/],
    [['show', 'one', 'two'], /one KEY/],
    [['show', 'one', '--body=yes'], /takes no value/],
    [['stats', 'one'], /no KEY/],
    [['replay'], /KEY --dead/],
    [['replay', 'a-key', '--dead'], /--dead/],
    [['replay', 'a-key', '--limit', '3', '--url', 'sqlite:a.db'], /--kind and --limit go with --dead/],
    [['purge'], /--older-than/],
    [['purge', '--older-than', '30'], /30d, 12h, 45m or 90s/],
    [['purge', '--older-than', '3w'], /30d, 12h, 45m or 90s/],
  ])) {
    const ran = await run(undefined, ...words)
    assert.match(refused(ran, 2, 'USAGE'), text)
    assert.equal(ran.output, '')
  }
})

test('help is told at each level: asked for on stdout, else on stderr', async () => {
  for (const words of [[], ['inbox']]) {
    const [alone, asked] = [await start(words), await start([...words, '--help'])]
    assert.deepEqual([alone.status, alone.output, asked.status, asked.errors], [2, '', 0, ''])
    assert.equal(alone.errors, asked.output)
    assert.equal(asked.output.includes('verify-schema'), words.length > 0)
  }
  const { status, output } = await run(undefined, 'purge', '--help')
  assert.equal(status, 0)
  assert.match(output, /^usage: npx --no-install yuno-webhooks inbox purge --older-than AGE \[options\]\n/)
})

test('a store that is away or is none is said in time', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (silent.address())
  const started = performance.now()
  assert.match(refused(await run(`postgresql://shop@127.0.0.1:${port}/shop`, 'stats'), 3, 'STORE_UNAVAILABLE'), /did not answer/)
  assert(performance.now() - started < 30_000)
  silent.close()
  assert.match(refused(await run(`postgresql://shop:${PASSWORD}@127.0.0.1:1/shop`, 'stats'), 3, 'STORE_UNAVAILABLE'), /ECONNREFUSED/)
  const [make] = stores.values()
  const place = /** @type {SqlitePlace} */ (await make?.())
  writeFileSync(place.file, 'something else, and long enough not to be taken for an empty file '.repeat(100))
  assert.match(refused(await run(`sqlite:${place.file}`, 'stats'), 3, 'STORE_UNAVAILABLE'), /not a database/)
})

test('a server that refuses the user, or has no such database, is told as such', { skip: server === null }, async () => {
  const address = new URL(/** @type {string} */ (await server?.database()))
  address.password = PASSWORD
  const nobody = new URL(address)
  nobody.username = 'nobody'
  const missing = new URL(address)
  missing.pathname = '/no_such'
  for (const [{ href }, reason] of /** @type {const} */ ([
    [nobody, '28000): it refused this user or password'],
    [missing, '3D000): it has no database of this name'],
  ])) {
    const text = refused(await run(href, 'stats'), 3, 'STORE_UNAVAILABLE')
    assert(text.includes(reason) && !text.includes(PASSWORD), text)
  }
})

test('what nobody expected is one line too', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (silent.address())
  process.env.NODE_OPTIONS = `--import=data:text/javascript,setTimeout(()=>{throw(new(RangeError)('${PASSWORD}'))},1500)`
  const ran = await run(`postgresql://shop@127.0.0.1:${port}/shop`, 'stats').finally(() => delete process.env.NODE_OPTIONS)
  silent.close()
  const text = refused(ran, 3, 'STORE_UNAVAILABLE')
  assert(text.includes('RangeError') && !text.includes(PASSWORD))
})

test('a password is never printed', async () => {
  for (const words of [
    ['stats', '--url', `postgresql://shop:${PASSWORD}@127.0.0.1:1/shop`],
    ['stats', `--url=postgres://shop:${PASSWORD}@127.0.0.1:1/shop?no_such_option=1`],
    ['stats', '--url', `postgres://shop:%zz${PASSWORD}@127.0.0.1:1/shop`],
    ['stats', '--url', `postgres://shop:a${PASSWORD}@[::1/shop`],
    ['stats', '--url', `redis://shop:${PASSWORD}@127.0.0.1:1`],
    ['stats', '--url', `redis+cluster://shop:${PASSWORD}@127.0.0.1:1`],
    ['stats', '--url', `redis://shop:%zz${PASSWORD}@127.0.0.1:1`],
    ['stats', '--url', `mysql://shop:${PASSWORD}@127.0.0.1/shop`],
    ['stats', '--url', `host=127.0.0.1 password=${PASSWORD}`],
    ['stats', `postgres://shop:${PASSWORD}@127.0.0.1/shop`],
    ['stats', `--postgres=postgres://shop:${PASSWORD}@127.0.0.1/shop`],
    ['stats', `--postgres://shop:${PASSWORD}@127.0.0.1/shop`],
    ['list', '--state', `postgres://shop:${PASSWORD}@127.0.0.1/shop`],
    ['list', '--kind', `postgres://shop:${PASSWORD}'\\@127.0.0.1/shop`],
    ['list', `--limit=postgres://shop:${PASSWORD}@127.0.0.1/shop`],
    [`postgres://shop:${PASSWORD}@127.0.0.1/shop`],
    ['show', `postgres://shop:${PASSWORD}@127.0.0.1/shop`, 'stats'],
  ]) {
    const { status, output, errors } = await run(undefined, ...words)
    assert(status === 2 || status === 3, `${status}: ${words}`)
    assert.equal(errors.trimEnd().split('\n').length, 1, errors)
    assert(!(output + errors).includes(PASSWORD), errors)
  }
})

test('a reader that has seen enough is no failure', async () => {
  const [make] = stores.values()
  const place = /** @type {SqlitePlace} */ (await make?.())
  const inbox = await place.open()
  for (let number = 0; number < 400; number += 1) {
    await inbox.accept(event(`many-${number}`))
  }
  await inbox.close()
  const child = spawn(process.execPath, [PROGRAM, 'inbox', 'list', '--state', 'pending', '--limit=400', '--url', `sqlite:${place.file}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.destroy()
  let errors = ''
  child.stderr.on('data', (text) => {
    errors += text
  })
  const [status] = await once(child, 'close')
  assert.deepEqual([status, errors], [0, ''])
})
