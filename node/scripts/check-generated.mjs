// Generates the loader, its declarations and the names anew, and fails on any difference from what is committed.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'yuno-webhooks-generated-'))

try {
  const build = 'napi build --platform --release --no-dts-cache --js native.js --dts native.d.ts --output-dir'.split(' ')
  execFileSync('npx', ['--no', '--', ...build, folder, '--', '--locked'], { cwd: PACKAGE, stdio: ['ignore', 'ignore', 'inherit'] })
  for (const name of ['native.js', 'native.d.ts']) {
    if (readFileSync(join(folder, name), 'utf8') !== readFileSync(join(PACKAGE, name), 'utf8')) {
      console.error(`${name} is not what the sources give: run npm run build, and commit it`)
      process.exitCode = 1
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

execFileSync(process.execPath, [fileURLToPath(new URL('names.mjs', import.meta.url)), '--check'], { stdio: 'inherit' })
