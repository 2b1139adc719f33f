// The package of the platform that runs the tests.
import assert from 'node:assert/strict'
import { parts } from '../scripts/pack.mjs'

const { glibcVersionRuntime } = /** @type {any} */ (process.report.getReport()).header
const libc = glibcVersionRuntime === undefined ? 'musl' : 'glibc'
const found = parts.find(({ os, cpu, libc: [wanted] = [libc] }) => os[0] === process.platform && cpu[0] === process.arch && wanted === libc)
assert(found, 'this platform has no package')

export const here = found
