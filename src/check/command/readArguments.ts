/** The command line, as options. Everything that is wrong with it is said in one sentence. */
import { parseArgs } from 'node:util'
import type { AuthWay } from '../options.ts'
import type { Level } from '../report.ts'

export interface Arguments {
  readonly url: string
  readonly token: string | undefined
  readonly otherToken: string | undefined
  readonly auth: AuthWay
  readonly room: string | undefined
  readonly level: Level | undefined
  readonly only: readonly string[]
  readonly domain: string | undefined
  readonly restart: string | undefined
  readonly timeoutMs: number | undefined
  readonly json: boolean
  readonly all: boolean
}

const text = { type: 'string' } as const
const flag = { type: 'boolean', default: false } as const

const OPTIONS = {
  token: text,
  as: text,
  auth: text,
  room: text,
  level: text,
  only: { type: 'string', multiple: true },
  domain: text,
  restart: text,
  timeout: text,
  json: flag,
  all: flag,
  help: { ...flag, short: 'h' },
} as const

/** `undefined` where help was asked for. @throws Error with what is wrong */
export function readArguments(args: readonly string[]): Arguments | undefined {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
  if (values.help) return undefined
  const [command, url, ...rest] = positionals
  if (command !== 'check')
    throw new Error(command ? `there is no command "${command}", only check` : 'a command is missing: check')
  if (url === undefined) throw new Error('the address of the server is missing: querywire check ws://…')
  if (rest.length > 0) throw new Error(`"${rest.join(' ')}" is too much: one address, and options with --`)
  return {
    url,
    token: values.token,
    otherToken: values.as,
    auth: readAuth(values.auth),
    room: values.room,
    level: readLevel(values.level),
    only: values.only ?? [],
    domain: values.domain,
    restart: values.restart,
    timeoutMs: readTimeout(values.timeout),
    json: values.json,
    all: values.all,
  }
}

function readAuth(value = 'query'): AuthWay {
  if (value === 'query' || value === 'bearer' || value === 'frame') return value
  throw new Error(`--auth is query, bearer or frame, and not "${value}"`)
}

function readLevel(value: string | undefined): Level | undefined {
  if (value === undefined) return undefined
  const level = Number(value)
  if (value !== '' && (level === 0 || level === 1 || level === 2 || level === 3)) return level
  throw new Error(`--level is 0, 1, 2 or 3, and not "${value}"`)
}

function readTimeout(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const ms = Number(value)
  if (Number.isFinite(ms) && ms >= 1) return ms
  throw new Error(`--timeout is a number of milliseconds, and not "${value}"`)
}
