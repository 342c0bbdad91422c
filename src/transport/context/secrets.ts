/**
 * What must not be told: tokens, and passwords in URLs, in whatever form a server may echo them. Whatever leaves the
 * transport passes through here, but for the payloads that the application asked for.
 */
import { LiveError } from '../errors.ts'

export interface Secrets {
  /** From now on it is taken out of all that is told. The 32 latest kinds count; with fewer than three characters it is none. */
  keepSecret(secret: string): void
  /** What a URL has in front of its host, and in the fields of its query that are named like a secret. */
  keepSecretsOf(url: string): void
  /**
   * A copy that can be told, cut where it is very large. An error stays the one it is, and what it holds too where nothing
   * has to be taken out. Never throws.
   */
  clean<T>(value: T): T
}

const MAX_SECRETS = 32
const MIN_LENGTH = 3
/** Something shorter is a name that a test signs in with: taken out as a word, not out of the middle of others. */
const NO_WORD_LENGTH = 6
/** Of a long one its beginning is enough: reasons are cut off, and tokens of one issuer begin alike. */
const LONG = 32
const HEAD = 16
const OPAQUE = /^[\w.~+/=-]+$/
const REST = '[\\w.~+/=%-]*'
const SECRET_NAME = /token|passw|secret|authorization|api.?key|credential|jwt|signature|ticket/i
const SECRET_IN_URL = /\/\/([^/?#]*)@|[?&]([^=&#]*)=([^&#]*)/g
const REDACTED = '[redacted]'
const CUT = '[…]'
/** Characters and values of one entry. */
const MAX_SIZE = 100_000
const MAX_DEPTH = 50
const SLACK = 4_096

export function createSecrets(): Secrets {
  let sources: readonly string[] = []
  let pattern: RegExp | undefined
  const keepSecret = (secret: string) => {
    if (secret.length < MIN_LENGTH) return
    const source = sourceOf(secret)
    sources = [source, ...sources.filter((other) => other !== source)].slice(0, MAX_SECRETS)
    // One may begin with another.
    pattern = new RegExp(sources.toSorted((a, b) => b.length - a.length).join('|'), 'g')
  }
  return {
    keepSecret,
    keepSecretsOf(url) {
      for (const [, user, name = '', value = ''] of url.matchAll(SECRET_IN_URL)) {
        if (user) keepSecret(decoded(user.slice(user.indexOf(':') + 1)))
        if (SECRET_NAME.test(name)) keepSecret(decoded(value))
      }
    },
    clean: (value) => cleanValue({ pattern, left: MAX_SIZE, isDirty: false }, value) as typeof value,
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // Not encoded, then.
    return text
  }
}

function sourceOf(secret: string): string {
  const isLong = secret.length >= LONG && OPAQUE.test(secret)
  const chars = [...(isLong ? secret.slice(0, HEAD) : secret)].map(spellings).join('')
  if (isLong) return chars + REST
  return secret.length < NO_WORD_LENGTH ? `\\b${chars}\\b` : chars
}

/** Itself, escaped in JSON, in a URL, or in a URL within a URL; a lone surrogate has no other form. */
function spellings(char: string): string {
  if (/[\w\p{Cs}]/u.test(char)) return char
  const encoded = encodeURIComponent(char)
  const hex = encoded === char ? `%${char.charCodeAt(0).toString(16).toUpperCase()}` : encoded
  const inUrl = hex.replace(/[A-F]/g, (digit) => `[${digit}${digit.toLowerCase()}]`).replace(/%/g, '%(?:25)*')
  return `(?:\\\\?\\${char}|${inUrl}${char === ' ' ? '|\\+' : ''})`
}

type Fields = Readonly<Record<string, unknown>>

/** One value on its way to be told. */
interface Cleaning {
  readonly pattern: RegExp | undefined
  left: number
  /** Something was taken out, or not looked at. */
  isDirty: boolean
}

function insteadOf(cleaning: Cleaning, shown: string): string {
  cleaning.isDirty = true
  return shown
}

function cleanText(cleaning: Cleaning, value: string): string {
  const { pattern, left } = cleaning
  // Looked at a little further than it is shown, or half of a secret would stand at the end.
  const part = value.slice(0, Math.max(left, 0) + SLACK)
  const shown = pattern ? part.replace(pattern, () => insteadOf(cleaning, REDACTED)) : part
  cleaning.left -= shown.length + 1
  return cleaning.left < 0 ? insteadOf(cleaning, shown.slice(0, cleaning.left) + CUT) : shown
}

function cleanValue(cleaning: Cleaning, value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return cleanText(cleaning, value)
  const { pattern } = cleaning
  cleaning.left--
  // Digits may be a secret too.
  if (typeof value !== 'object' || value === null)
    return pattern && String(value).replace(pattern, '') === '' ? insteadOf(cleaning, REDACTED) : value
  if (cleaning.left < 0 || depth > MAX_DEPTH) return insteadOf(cleaning, CUT)
  try {
    return cleanObject(cleaning, value, depth)
  } catch {
    // A getter, a proxy: nobody has to be told what they hold.
    return insteadOf(cleaning, CUT)
  }
}

function cleanObject(cleaning: Cleaning, value: object, depth: number): unknown {
  if (value instanceof Error) return cleanError(cleaning, value, depth)
  if (Array.isArray(value)) return cleanAll(cleaning, value, (item) => cleanValue(cleaning, item, depth + 1))
  const kind = Object.prototype.toString.call(value)
  if (kind === '[object Object]') {
    const fields = value as Fields
    const cleanEntry = (name: string) => [
      cleanText(cleaning, name),
      cleanField(cleaning, [name, fields[name]], depth),
    ]
    return Object.fromEntries(cleanAll(cleaning, Object.keys(fields), cleanEntry))
  }
  // An address, or what was asked of one: an error that holds it shows it.
  cleanValue(cleaning, `${(value as Partial<Request>).url ?? value}`, depth)
  return kind
}

/** As many as there is room for. */
function cleanAll<T, Shown>(cleaning: Cleaning, parts: readonly T[], clean: (part: T) => Shown): Shown[] {
  const shown: Shown[] = []
  for (const part of parts) {
    shown.push(clean(part))
    if (cleaning.left <= 0) break
  }
  return shown
}

function cleanField(cleaning: Cleaning, [name, value]: readonly [string, unknown], depth: number): unknown {
  const isSecret = typeof value === 'string' && SECRET_NAME.test(name)
  return isSecret ? insteadOf(cleaning, REDACTED) : cleanValue(cleaning, value, depth + 1)
}

/** Ours is made clean; of somebody else's there is a copy, if it has to be. */
function cleanError(cleaning: Cleaning, value: Error, depth: number): Error {
  const before = cleaning.isDirty
  cleaning.isDirty = false
  // What is not listed as well, `cause` and `errors`; the stack alone is worth no copy: folders are named like people.
  const keys = ['name', 'message', ...Object.getOwnPropertyNames(value)] as (keyof Error)[]
  const shown = keys.map((key) => [key, key === 'stack' || cleanField(cleaning, [key, value[key]], depth)])
  const target = value instanceof LiveError ? value : new Error()
  if (cleaning.isDirty) {
    const stack = cleanText(cleaning, value.stack ?? '')
    return Object.assign(target, Object.fromEntries(shown), { stack })
  }
  cleaning.isDirty = before
  return value
}
