'use strict'
// Loads the addon that was built with this package, and nothing else. Written by hand: the loader that napi generates also asks for packages by
// names that nobody owns in the public registry, so whoever took one would run in every receiver.

const { readdirSync } = require('node:fs')
const { join } = require('node:path')

const here = `${process.platform}-${process.arch}`

module.exports = load()

function load() {
  const built = builds()
  // "linux-x64" is also the beginning of "linux-x64-gnu" and "linux-x64-musl"; where both are here, the one that loads is this system's.
  const fitting = built.filter((target) => target === here || target.startsWith(`${here}-`))
  let cause
  for (const target of fitting) {
    try {
      return require(join(__dirname, `yuno-webhooks.${target}.node`))
    } catch (error) {
      cause = error
    }
  }
  throw Object.assign(new Error(advice(built), { cause }), { code: 'ERR_YUNO_WEBHOOKS_PLATFORM' })
}

function builds() {
  const names = readdirSync(__dirname).map((name) => /^yuno-webhooks\.(.+)\.node$/.exec(name)?.[1])
  return names.filter((target) => target !== undefined).sort()
}

function advice(built) {
  const has = built.length > 0 ? `is for ${built.join(', ')}` : 'holds no addon'
  return (
    `this build of yuno-webhooks ${has}; this is ${here}${libc()}, Node ${process.versions.node}. ` +
    'Build it here, with Rust 1.88 or newer, from a checkout: cd node && npm install --no-save && npm run build && npm pack; then install that tarball. ' +
    'In a bundle keep yuno-webhooks external, or copy its .node file beside the bundle.'
  )
}

/** "-gnu" or "-musl" on Linux: the common reason why an addon for the same processor does not load. */
function libc() {
  if (process.platform !== 'linux') {
    return ''
  }
  process.report.excludeNetwork = true
  return process.report.getReport().header.glibcVersionRuntime === undefined ? '-musl' : '-gnu'
}
