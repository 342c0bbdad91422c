/** What a check is told. */
import type { Level, RuleReport } from './report.ts'

/** How the token travels; see docs/PROTOCOL.md, Connections. */
export type AuthWay = 'query' | 'bearer' | 'frame'

/** A frame of the application's own. */
export interface DomainFrame {
  readonly type: string
  /** `{n}` in any text of it is another number each time it is sent. */
  readonly data?: unknown
}

/** A server without chats: how its channels are called, and one request of each kind. */
export interface CheckDomain {
  /** As in `defineProtocol`. @default the names of a chat */
  readonly channels?: {
    readonly key?: string
    readonly subscribe?: string
    readonly unsubscribe?: string
    readonly sync?: string
    readonly field?: string
  }
  /** The channel to use. */
  readonly channel: string | number
  /** A request that changes nothing. */
  readonly read: DomainFrame
  /** One that changes the channel each time, or several to take in turn. */
  readonly write: DomainFrame | readonly DomainFrame[]
  /** The type of the event that a write causes. */
  readonly event: string
}

export interface CheckOptions {
  /** `ws://` or `wss://`; `http` and `https` are taken for these. */
  readonly url: string
  readonly token?: string
  /** Of a second user, for everything that takes two. */
  readonly otherToken?: string
  /** @default 'query' */
  readonly auth?: AuthWay
  /** @default the room of the endpoint, else one that both users are in */
  readonly room?: string | number
  /** The level to be kept. @default the one that the server claims */
  readonly level?: Level
  /** Ids (`P12`) or words of a title: only these rules. */
  readonly only?: readonly string[]
  readonly domain?: CheckDomain
  /** Ends the server and starts it again. */
  readonly restart?: () => Promise<void>
  /** For one answer. @default 10000 */
  readonly timeoutMs?: number
  /** Each rule as it is done. */
  readonly onRule?: (rule: RuleReport) => void
  /** What is being tried. */
  readonly onProgress?: (title: string) => void
  readonly signal?: AbortSignal
}
