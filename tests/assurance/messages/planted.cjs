// Says something in every way that must be heard; each word begins with "planted".
const { mock } = require('node:test')
const { Worker } = require('node:worker_threads')

console.log('planted-print')
process.stderr.write('planted-write\n')
mock.method(console, 'error', () => {})
console.error('planted-mocked', { deep: { deeper: { deepest: { value: 'planted-deep' } } } })
process.emitWarning('planted-warning')
try {
  throw Object.assign(new Error('planted-caught', { cause: new Error('planted-cause') }), { hint: 'planted-hint' })
} catch {}
Promise.reject(new Error('planted-rejected')).catch(() => {})
new Worker("try { throw new Error('planted-worker') } catch {}", { eval: true })
