'use strict'
// Loads the addon: the one beside this file (of a checkout, or copied to a bundle), or else the one in this platform's package. Written by hand: the
// loader that napi generates also asks for packages by names that nobody owns in the public registry, so whoever took one would run in every receiver.
// @yuno-webhooks is a scope: nobody but the account that owns it can publish in it. It must be registered before the first release.

const { closeSync, openSync, readdirSync, readSync } = require('node:fs')
const { join } = require('node:path')
const { version, optionalDependencies: parts = {} } = require('./package.json')

const system = `${process.platform}-${process.arch}`
const libc = process.platform === 'linux' ? linuxLibc() : undefined
const here = system + ({ linux: libc === 'musl' ? '-musl' : '-gnu', win32: '-msvc' }[process.platform] ?? '')
const built = readdirSync(__dirname).flatMap((name) => /^yuno-webhooks\.(.+)\.node$/.exec(name)?.[1] ?? [])

let cause
const addon = beside() ?? packaged()
if (addon === undefined) {
  throw Object.assign(new Error(advice(), { cause }), { code: 'ERR_YUNO_WEBHOOKS_PLATFORM' })
}
if (addon.version() !== version) {
  const text =
    `yuno-webhooks ${version} found an addon of the release ${addon.version()}. Both must be of one release: delete node_modules and ` +
    'package-lock.json and run npm install; in a checkout run npm run build.'
  throw Object.assign(new Error(text), { code: 'ERR_YUNO_WEBHOOKS_VERSION' })
}
module.exports = addon

function beside() {
  // Exactly this system's, or else one that was built for it under another name, as by MinGW.
  const fitting = built.includes(here) ? [here] : built.filter((target) => target === system || target.startsWith(`${system}-`))
  for (const target of fitting) {
    try {
      return require(join(__dirname, `yuno-webhooks.${target}.node`))
    } catch (error) {
      cause = error
    }
  }
}

/** Exactly this system's package. Literals, in a block that catches: bundlers and what copies a program's files (Next, Vercel) see no others. */
function packaged() {
  try {
    switch (here) {
      case 'darwin-arm64':
        return require('@yuno-webhooks/darwin-arm64')
      case 'darwin-x64':
        return require('@yuno-webhooks/darwin-x64')
      case 'linux-arm64-gnu':
        return require('@yuno-webhooks/linux-arm64-gnu')
      case 'linux-arm64-musl':
        return require('@yuno-webhooks/linux-arm64-musl')
      case 'linux-x64-gnu':
        return require('@yuno-webhooks/linux-x64-gnu')
      case 'linux-x64-musl':
        return require('@yuno-webhooks/linux-x64-musl')
      case 'win32-arm64-msvc':
        return require('@yuno-webhooks/win32-arm64-msvc')
      case 'win32-x64-msvc':
        return require('@yuno-webhooks/win32-x64-msvc')
    }
  } catch (error) {
    cause ??= error
  }
}

function advice() {
  const has = built.length > 0 ? `is for ${built.join(', ')}` : 'holds no addon'
  return [
    `this build of yuno-webhooks ${has}; this is ${here}, Node ${process.versions.node}.`,
    ...part(),
    'In a bundle keep yuno-webhooks external, or copy its .node file beside the bundle.',
  ].join(' ')
}

/** What to do where the addon comes in a package of its own, and where there is none for this system: a checkout, or an uncommon platform. */
function part() {
  const name = `@yuno-webhooks/${here}`
  if (parts[name] === undefined) {
    return [
      'Build it here, with Rust 1.88 or newer, from a checkout: cd node && npm install --no-save && npm run build && npm pack;',
      'then install that tarball.',
    ]
  }
  if (cause.code !== 'MODULE_NOT_FOUND') {
    return [`Its package ${name} does not load: ${cause.message}.`]
  }
  return [
    `Its package ${name} is not installed. The lock file or node_modules was probably made on another platform, or npm ran with --omit=optional`,
    '(--no-optional): delete node_modules and package-lock.json and run npm install. To install for this platform on another:',
    `npm install --os=${process.platform} --cpu=${process.arch}${libc === undefined ? '' : ` --libc=${libc}`}.`,
  ]
}

/** The C library of this program, by the loader that the head of its file names: an addon for the other one may load, and crash. */
function linuxLibc() {
  const head = Buffer.alloc(4096)
  try {
    const file = openSync(process.execPath, 'r')
    readSync(file, head)
    closeSync(file)
  } catch {
    // Whoever may not read it runs Deno with few permissions, which needs glibc.
  }
  return head.includes('/ld-musl-') ? 'musl' : 'glibc'
}
