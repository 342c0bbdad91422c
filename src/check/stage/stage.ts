/** What is known of the server, and how connections to it are made. */
import { createId, wallNow } from '../environment.ts'
import type { Fields, Frame } from '../frames.ts'
import type { CheckOptions } from '../options.ts'
import type { Level } from '../report.ts'
import type { ProtocolSchema } from '../schema/protocolSchema.ts'
import { addressOf } from '../wire/address.ts'
import { type Dialled, dial } from '../wire/dial.ts'
import { createLine, type Line } from '../wire/line.ts'
import { chatDomain, type Domain, ownDomain } from './domain.ts'
import { createSeen, type Seen } from './seen.ts'

export type Who = 'first' | 'second' | 'nobody'

/** Something that was made, and is to be gone afterwards. */
export interface Made {
  readonly who: Who
  readonly room: unknown
  readonly id: unknown
}

export interface Stage {
  readonly options: CheckOptions
  readonly timeoutMs: number
  readonly url: URL
  readonly domain: Domain
  readonly seen: Seen
  readonly silent: Set<string>
  readonly made: Made[]
  readonly notes: string[]
  /** Found at the beginning. */
  level: Level
  claimed: Level | undefined
  welcome: Fields | undefined
  endpoint: 'room' | 'everything' | 'unknown'
  /** Undefined where none is known; at level 0 frames then name none. */
  channel: string | number | undefined
  /** Whether the second user is in the room. */
  isSecondMember: boolean
  /** Connections in a row that did not come to be. */
  failures: number
  readonly isoNow: () => string
}

export function createStage(options: CheckOptions, url: URL, schema: ProtocolSchema): Stage {
  return {
    options,
    url,
    timeoutMs: options.timeoutMs ?? 10_000,
    domain: options.domain ? ownDomain(options.domain) : chatDomain(),
    seen: createSeen(schema),
    silent: new Set(),
    made: [],
    notes: [],
    level: 0,
    claimed: undefined,
    welcome: undefined,
    endpoint: 'unknown',
    channel: options.domain?.channel ?? options.room,
    isSecondMember: false,
    failures: 0,
    isoNow: () => new Date(wallNow()).toISOString(),
  }
}

export const tokenOf = ({ options }: Stage, who: Who): string | undefined =>
  who === 'first' ? options.token : who === 'second' ? options.otherToken : undefined

export interface DialAs {
  readonly token: string | undefined
  readonly url?: URL
}

/** With the handshake done; in the way `--auth frame`, with the token still to be sent. */
export function dialAs(stage: Stage, { token, url = stage.url }: DialAs): Promise<Dialled> {
  const address = addressOf(url, { auth: stage.options.auth ?? 'query', token })
  return dial(address, { timeoutMs: stage.timeoutMs, onMessage: stage.seen.message })
}

export function lineOn(stage: Stage, dialled: Extract<Dialled, { readonly connection: unknown }>): Line {
  const { timeoutMs, silent, isoNow } = stage
  return createLine({
    connection: dialled.connection,
    timeoutMs,
    silent,
    isoNow,
    onAnswer: stage.seen.answer,
  })
}

/** A connection with its token said, before anything was heard. */
export async function lineAs(stage: Stage, as: DialAs): Promise<Line | { readonly failure: string }> {
  const dialled = await dialAs(stage, as)
  if ('failure' in dialled) return { failure: dialled.failure.words }
  const line = lineOn(stage, dialled)
  if (stage.options.auth === 'frame' && as.token !== undefined)
    line.send('auth', { token: as.token }, createId())
  return line
}

export const isWelcome = ({ type }: Frame): boolean => type === 'welcome'
