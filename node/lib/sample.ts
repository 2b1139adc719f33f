import * as native from '../native'
import { guarded, wrongArgument } from './errors'
import { known } from './given'
import type { Bytes } from './host'
import type { Open } from './kinds'
import type { Form, Kind, Statuses, SubStatuses } from './names'
import { nearest } from './nearest'
import { catalog, checkKind } from './tables'

/** What can be chosen of a sample. What is not has a plausible value. */
export interface SampleOptions {
  /** One of the forms of the kind's row in `catalog()`. */
  readonly form?: Form
  /** How often the delivery was tried before; null leaves the count out. 0 unless given. */
  readonly retry?: number | null
  readonly status?: Open<Statuses[keyof Statuses]>
  readonly subStatus?: Open<SubStatuses[keyof SubStatuses]>
  readonly id?: string
  readonly accountId?: string
  readonly transactionId?: string
  readonly transactionStatus?: Open<Statuses['transaction']>
  /** What the transaction moved, of a partial refund the part: digits such as "5.00"; otherwise the whole amount. */
  readonly transactionAmount?: string
  readonly updatedAt?: string
  /** The digits that stand in the body, such as "24.90". */
  readonly amount?: string
  readonly currency?: string
  readonly merchantReference?: string
}

const TEXTS = [
  'form',
  'status',
  'subStatus',
  'id',
  'accountId',
  'transactionId',
  'transactionStatus',
  'transactionAmount',
  'updatedAt',
  'amount',
  'currency',
  'merchantReference',
] as const

/** The names of all options, for whoever passes them on. */
export const SAMPLE_OPTIONS = ['retry', ...TEXTS] as const

/**
 * Makes the body of a sample delivery of this kind; equal options give equal bytes.
 *
 * @throws {TypeError} `INVALID_ARGUMENT` for a kind that is none, a form that it does not take, or an amount that is no JSON number.
 */
export function sample(kind: Exclude<Kind, 'unknown'>, options: SampleOptions = {}): Bytes {
  const { retry = 0, ...given } = known(options, SAMPLE_OPTIONS, 'sample')
  checkSampled(kind)
  if (retry !== null && !(Number.isInteger(retry) && (retry as number) >= 0 && (retry as number) < 2 ** 32)) {
    throw wrongArgument('retry must be a whole number from 0 to 4294967295, or null to leave the count out.')
  }
  // Without a prototype, which the native part would look into.
  const texts: Partial<Record<(typeof TEXTS)[number], string>> = Object.create(null)
  for (const name of TEXTS) {
    const text = given[name]
    if (typeof text === 'string') {
      texts[name] = text
    } else if (text !== undefined && text !== null) {
      throw wrongArgument(
        `${name} must be a string${name.toLowerCase().endsWith('amount') ? ' of digits, such as "24.90": a number would not keep them' : ''}.`,
      )
    }
  }
  checkForm(kind, texts.form)
  return guarded(() => native.sample(kind, retry === null ? texts : Object.assign(texts, { retry: retry as number }))) as Bytes
}

function checkSampled(kind: unknown): void {
  checkKind(kind)
  if (kind === 'unknown') {
    throw wrongArgument('There is no sample of the kind "unknown": sign a body of your own with sign(body, secret).')
  }
}

function checkForm(kind: Kind, form: string | undefined): void {
  const forms = catalog().find((row) => row.kind === kind)?.forms ?? []
  if (form !== undefined && !(forms as readonly string[]).includes(form)) {
    const meant = nearest(form, forms)
    throw wrongArgument(`A ${kind} has no form ${JSON.stringify(form.slice(0, 64))}, but ${forms.join(', ')}. Did you mean ${meant}?`)
  }
}
