/** Reading what a client sent. Whatever does not fit is refused with `invalid`, naming the field. */
import { RequestError } from './requestError.ts'
import { type Fields, type Id, isId } from './wire.ts'

const invalid = (name: string, expected: string) =>
  new RequestError('invalid', `"${name}" must be ${expected}`)

export function readId(data: Fields, name: string): Id {
  const value = data[name]
  if (!isId(value)) throw invalid(name, 'a string or a number')
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
