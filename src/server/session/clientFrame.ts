/** From a text to frames that are what they should be. Does not throw, and quotes nothing: it may hold a token. */
import type { Id } from '../../transport/port.ts'
import { isRecord } from '../../transport/protocol.ts'
import { RequestError } from '../requestError.ts'

export interface ClientFrame {
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
  readonly id?: Id
}

/** Where there should be a frame and is none. The ones beside it are served all the same. */
export interface NoFrame {
  readonly id?: Id
  readonly error: RequestError
}

/** What should be the frames of one message. */
export function parseMessage(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text)
    // Nothing would count towards the rate, and many nothings take as long as something.
    return Array.isArray(value) && value.length > 0 ? value : [value]
  } catch {
    return [undefined]
  }
}

/** More characters than any id, name or kind of frame needs, and few enough to say back in a refusal. */
export const MAX_ID_LENGTH = 256

/** Finite: JSON has no infinity, but its `1e999` is read as one. */
export const isId = (value: unknown): value is Id =>
  typeof value === 'string' ? value !== '' && value.length <= MAX_ID_LENGTH : Number.isFinite(value)

/** Not every database takes a NUL, or half a character. */
const NO_TEXT = /[\0\p{Surrogate}]/u

/** An id that is looked for in the store. */
export const isName = (value: unknown): value is Id => isId(value) && !NO_TEXT.test(String(value))

/** One at a time, when its turn comes: refusing all that a message has room for takes seconds. */
export function toFrame(value: unknown): ClientFrame | NoFrame {
  if (!isRecord(value)) return { error: new RequestError('invalid', 'A frame is an object with a "type"') }
  const id = isId(value.id) ? { id: value.id } : {}
  if (typeof value.type !== 'string' || !isId(value.type)) {
    return { ...id, error: new RequestError('invalid', 'A frame has a "type", of not too many characters') }
  }
  if (isTooDeep(value)) return { ...id, error: new RequestError('invalid', 'Nested too deeply') }
  return { type: value.type, data: isRecord(value.data) ? value.data : {}, ...id }
}

/** Objects in objects in a frame. `JSON.parse` reads any depth, `JSON.stringify` does not write it. */
const MAX_DEPTH = 32

/** Level by level, because a walk by recursion ends where the stack does. */
function isTooDeep(value: unknown): boolean {
  let level: object[] = isObject(value) ? [value] : []
  for (let depth = 0; level.length > 0; depth++) {
    if (depth >= MAX_DEPTH) return true
    level = level.flatMap((each) => Object.values(each).filter(isObject))
  }
  return false
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
