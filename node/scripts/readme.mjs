// Brings into this package what the project tells once: the receiver and the error table of the root README, and the catalogue of kinds. Links of
// the packed README then work where it is installed. With --check it only compares.
import { readFileSync, writeFileSync } from 'node:fs'

/** @param {string} path */
const read = (path) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

const root = read('../README.md')
let readme = read('README.md')
for (const part of [/^```js\nimport \{ PayloadError.*?^```$/ms, /<!-- errors:begin -->.*?<!-- errors:end -->/s]) {
  const told = part.exec(root)?.[0]
  if (told === undefined || !part.test(readme)) {
    throw new Error(`a README has no part like ${part}`)
  }
  readme = readme.replace(part, () => told)
}

for (const [path, text] of Object.entries({ 'README.md': readme, 'CATALOG.md': read('../core/CATALOG.md') })) {
  if (!process.argv.includes('--check')) {
    writeFileSync(new URL(`../${path}`, import.meta.url), text)
  } else if (read(path) !== text) {
    console.error(`node/${path} is not what scripts/readme.mjs writes: run npm run build`)
    process.exitCode = 1
  }
}
