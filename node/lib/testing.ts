/**
 * For tests of a receiver: sign a body, make sample deliveries of any kind in every form that it can take, and whole requests.
 *
 * @module
 */

export { Delivery, type DeliveryOptions, delivery } from './factory'
export { type SampleOptions, sample } from './sample'
export { headers, sign } from './sign'
