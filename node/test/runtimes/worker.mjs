// Verifies in a thread of its own.
import { parentPort } from 'node:worker_threads'
import { Verifier } from 'yuno-webhooks'
import { delivery } from 'yuno-webhooks/testing'

const { body, headers } = delivery('payment.purchase', { secret: 's' })
parentPort.postMessage(new Verifier({ hmacSecret: 's' }).verify(body, headers).signed)
