/** The address of a connection, as it came over the wire: any text at all. Nothing here throws. */
import type { Key } from './records.ts'

export interface Address {
  readonly path: string
  readonly query: string
}

const ORIGIN = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i

/** Not `new URL`: it throws at some request lines that HTTP lets through, and resolves room ids like `..`. */
export function readAddress(url: string): Address {
  const [, path = '', query = ''] = /^([^?#]*)\??([^#]*)/.exec(url.replace(ORIGIN, '')) ?? []
  return { path: path || '/', query }
}

/** The room of an endpoint per room; `null` where its name cannot be read. */
export function roomOf(path: string, pattern: RegExp): Key | undefined | null {
  const name = pattern.exec(path)?.[1]
  if (name === undefined) return undefined
  try {
    return decodeURIComponent(name)
  } catch {
    // `%ff` is no UTF-8: there can be no such room.
    return null
  }
}

/** For logs: without the token, however its name is written. */
export function withoutToken(url: string): string {
  const [path = '', ...rest] = url.split('?')
  if (rest.length === 0) return url
  const fields = rest
    .join('?')
    .split('&')
    .map((field) => (new URLSearchParams(field).has('token') ? 'token=…' : field))
  return `${path}?${fields.join('&')}`
}
