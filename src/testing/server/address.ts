/** The address of a connection, as it came over the wire: any text at all. Nothing here throws. */

export interface Address {
  readonly path: string
  readonly query: string
}

const ORIGIN = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i

/** Not `new URL`: it throws at some request lines that HTTP lets through. */
export function readAddress(url: string): Address {
  const [, path = '', query = ''] = /^([^?#]*)\??([^#]*)/.exec(url.replace(ORIGIN, '')) ?? []
  return { path: path || '/', query }
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
