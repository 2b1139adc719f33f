// As much of a package registry as publishing to it and installing from it needs, on this machine.
import { createServer } from 'node:http'
import { after } from 'node:test'

/** @param {{ refuses?: string }} [state] `refuses`: the package that cannot be published for now. */
export async function startRegistry(state = {}) {
  const packages = new Map()
  const tarballs = new Map()
  const log = /** @type {string[]} */ ([])
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent((request.url ?? '').slice(1))
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const answer = (/** @type {number} */ status, /** @type {any} */ body = {}) =>
      response.writeHead(status).end(Buffer.isBuffer(body) ? body : JSON.stringify(body))
    if (request.method === 'PUT') {
      log.push(`PUT ${path}`)
      if (path === state.refuses) return answer(403)
      const { _attachments: attached, ...document } = JSON.parse(Buffer.concat(chunks).toString())
      packages.set(path, document)
      for (const { dist } of Object.values(document.versions)) {
        const [file] = Object.values(attached)
        tarballs.set(decodeURIComponent(new URL(dist.tarball).pathname.slice(1)), Buffer.from(file.data, 'base64'))
      }
      return answer(201, { ok: true })
    }
    if (tarballs.has(path)) log.push(`GET ${path}`)
    const found = tarballs.get(path) ?? packages.get(path)
    return answer(found === undefined ? 404 : 200, found)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  after(() => server.close())
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return { address: `http://127.0.0.1:${port}/`, log, state }
}
