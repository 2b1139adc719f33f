// Publishes what scripts/pack.mjs packed into a folder, the main package last: whoever can install it then finds its parts. What the registry has is
// left out, so that a release that broke off can be run again. Further words go to `npm publish`; access and provenance are in each package.json.
//
//   node scripts/publish.mjs FOLDER [WORD...]
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { npm } from './npm.mjs'
import { parts, tarball } from './pack.mjs'

const { name: main, version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const [folder = '', ...words] = process.argv.slice(2)
// What is not a release must not become what `npm install yuno-webhooks` gives.
const tag = version.includes('-') ? ['--tag', 'next'] : []

for (const name of [...parts.map((part) => part.name), main]) {
  if (isPublished(name)) {
    console.log(`${name}@${version} is published already`)
  } else {
    npm(['publish', resolve(tarball(folder, name)), ...tag, ...words], folder, 'inherit')
  }
}

/** @param {string} name */
function isPublished(name) {
  try {
    return npm(['view', `${name}@${version}`, 'version', ...words], folder).trim() === version
  } catch {
    // It has no package of this name yet. If it was not reached at all, publishing fails and says so.
    return false
  }
}
