// Generates the declarations of the addon, the names and the shared parts of the README anew, and fails on any difference from what is committed.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const DECLARATIONS = 'native.d.ts'
const folder = mkdtempSync(join(tmpdir(), 'yuno-webhooks-generated-'))

try {
  const build = `napi build --platform --release --no-dts-cache --no-js --dts ${DECLARATIONS} --output-dir`.split(' ')
  execFileSync('npx', ['--no', '--', ...build, folder, '--', '--locked'], { cwd: PACKAGE, stdio: ['ignore', 'ignore', 'inherit'] })
  if (readFileSync(join(folder, DECLARATIONS), 'utf8') !== readFileSync(join(PACKAGE, DECLARATIONS), 'utf8')) {
    console.error(`${DECLARATIONS} is not what the sources give: run npm run build, and commit it`)
    process.exitCode = 1
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

for (const script of ['names.mjs', 'readme.mjs']) {
  execFileSync(process.execPath, [fileURLToPath(new URL(script, import.meta.url)), '--check'], { stdio: 'inherit' })
}
