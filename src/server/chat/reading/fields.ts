/** Reading what a client sent. Whatever does not fit is refused with `invalid`, naming the field. */
import type { Id } from '../../../transport/port.ts'
import { RequestError } from '../../requestError.ts'
import { isName, MAX_ID_LENGTH } from '../../session/clientFrame.ts'

export type Fields = Readonly<Record<string, unknown>>

const invalid = (name: string, expected: string) =>
  new RequestError('invalid', `"${name}" must be ${expected}`)

export function readId(data: Fields, name: string): Id {
  const value = data[name]
  if (!isName(value)) throw invalid(name, `a number, or a string of 1 to ${MAX_ID_LENGTH} characters`)
  return value
}

export function readOptionalId(data: Fields, name: string): Id | undefined {
  return data[name] === undefined || data[name] === null ? undefined : readId(data, name)
}

export function readString(data: Fields, name: string): string {
  const value = data[name]
  if (typeof value !== 'string') throw invalid(name, 'a string')
  return value
}

export function readOptionalString(data: Fields, name: string): string | undefined {
  return data[name] === undefined || data[name] === null ? undefined : readString(data, name)
}

/** A name somebody gave: not empty, not long. */
export function readOptionalName(data: Fields, name: string): string | undefined {
  const value = data[name] ?? undefined
  if (value === undefined) return undefined
  if (typeof value !== 'string' || !isName(value)) {
    throw invalid(name, `a string of 1 to ${MAX_ID_LENGTH} characters`)
  }
  return value
}

/**
 * What the server keeps and does not look into: as its JSON says, so that it is the same from memory and from a store. It goes
 * out with every page that holds the message.
 */
export function readForeign(data: Fields, name: 'attachments' | 'metadata', maxLength: number): unknown {
  if (data[name] === undefined) return undefined
  const text = JSON.stringify(data[name])
  if (text.length > maxLength) {
    throw new RequestError('too_large', `"${name}" takes at most ${maxLength} characters as JSON`)
  }
  return JSON.parse(text)
}

export function readBoolean(data: Fields, name: string): boolean {
  const value = data[name]
  if (typeof value !== 'boolean') throw invalid(name, 'true or false')
  return value
}

/** A whole number of at least 1, cut down to `max`. */
export function readLimit(data: Fields, { fallback, max }: { fallback: number; max: number }): number {
  const value = data.limit ?? fallback
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) {
    throw invalid('limit', 'a whole number of at least 1')
  }
  return Math.min(value, max)
}
