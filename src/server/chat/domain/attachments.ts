/** Files that come with a message. Their bytes are none of ours; what is said of them goes out to everybody, as it came. */
import { RequestError } from '../../requestError.ts'
import { isId } from '../../session/clientFrame.ts'
import type { ChatLimits } from '../limits.ts'
import type { ChatAttachment } from '../wire.ts'
import { type Fields, readForeign } from './fields.ts'

/** Characters. */
const MAX_NAME = 255
const MAX_URL = 2_048

const isText = (value: unknown, maxLength: number): value is string =>
  typeof value === 'string' && value.length <= maxLength

const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0

const isOptionalCount = (value: unknown) => value === undefined || value === null || isCount(value)

/** Of each field, whether it can be what it should be, and what that is. */
const FIELDS: readonly (readonly [name: string, isRight: (value: unknown) => boolean, expected: string])[] = [
  ['id', isId, 'an id'],
  ['name', (value) => isText(value, MAX_NAME) && value !== '', `a string of 1 to ${MAX_NAME} characters`],
  ['mime_type', (value) => isText(value, MAX_NAME), `a string of at most ${MAX_NAME} characters`],
  ['size', isCount, 'a whole number of bytes'],
  [
    'url',
    (value) => isText(value, MAX_URL) && isAddress(value),
    `an address of http, https or blob, or a relative one, of 1 to ${MAX_URL} characters`,
  ],
  ['width', isOptionalCount, 'a whole number of pixels'],
  ['height', isOptionalCount, 'a whole number of pixels'],
]

/** `null` is none. @throws RequestError `too_large`, `too_many`, or `invalid` with the field that does not fit */
export function readAttachments(data: Fields, limits: ChatLimits): readonly ChatAttachment[] | undefined {
  const given = readForeign(data, 'attachments', limits.attachmentLength) ?? undefined
  if (given === undefined) return undefined
  if (!Array.isArray(given)) throw new RequestError('invalid', '"attachments" must be an array')
  if (given.length > limits.attachments) {
    throw new RequestError('too_many', `A message has at most ${limits.attachments} attachments`)
  }
  given.forEach(checkAttachment)
  return given
}

function checkAttachment(given: unknown, at: number): void {
  for (const [name, isRight, expected] of FIELDS) {
    if (isRight(Object(given)[name])) continue
    throw new RequestError('invalid', `"attachments[${at}].${name}" must be ${expected}`)
  }
}

const SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:', 'blob:'])

/** Read as browsers read it: blanks before it, and line breaks in it, hide no other scheme. */
function isAddress(url: string): boolean {
  const isReadable = url.trim() !== '' && URL.canParse(url, 'https://a.invalid')
  return isReadable && SCHEMES.has(new URL(url, 'https://a.invalid').protocol)
}
