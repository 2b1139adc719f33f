// Runs npm, where a script needs it.
import { execFileSync } from 'node:child_process'

const cli = process.env.npm_execpath
/**
 * The npm that runs the script, if one does: on Windows the command itself is a batch file, which Node does not start.
 *
 * @type {[string, ...string[]]}
 */
export const NPM = cli === undefined ? ['npm'] : [process.execPath, cli]

/** @param {string[]} words @param {string} cwd @param {import('node:child_process').StdioOptions} [stdio] */
export function npm(words, cwd, stdio = ['ignore', 'pipe', 'pipe']) {
  const [command, ...before] = NPM
  return execFileSync(command, [...before, ...words], { cwd, encoding: 'utf8', stdio })
}
