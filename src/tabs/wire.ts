/** What tabs say to each other. Every field can be cloned, whatever the codec makes of frames. */
import type { SocketData } from '../transport/index.ts'

/** A subscription that a frame asks for, or gives up: several tabs may have it on one socket. */
export interface Held {
  readonly name: string
  readonly isEnd: boolean
  /** What ends it. */
  readonly unsubscribe: string
  readonly key: unknown
}

/** One message for the socket. */
export interface Written {
  readonly data: SocketData
  /** Of its frames: whoever wrote them gets their answers. */
  readonly ids: readonly string[]
  readonly isPing: boolean
  readonly held: readonly Held[]
}

/** What a socket needs to be dialled, or to be shared. */
export interface Wanted {
  readonly url: string
  readonly protocols: readonly string[]
  readonly endpoint: string
  /** Without its token. */
  readonly address: string
  readonly hasAuthFrame: boolean
}

/** From the tab that has the socket. */
export type Told =
  | { readonly type: 'opened' }
  | { readonly type: 'data'; readonly data: unknown }
  /** Decoded already, where nobody has written it in this way. */
  | { readonly type: 'frames'; readonly frames: readonly unknown[] }
  | { readonly type: 'closed'; readonly code: number; readonly reason: string }

/** To it. */
export type Asked =
  | ({ readonly type: 'open' } & Wanted)
  | ({ readonly type: 'write' } & Written)
  | { readonly type: 'close' }

/** On a tab's own channel. `count`: of all that is said about one socket in one direction, so that a loss shows. */
export type PortMessage =
  | { readonly type: 'lead'; readonly term: string }
  /** All sockets that a tab has there. */
  | { readonly type: 'mine'; readonly term: string; readonly sockets: readonly string[] }
  | {
      readonly type: 'told'
      readonly term: string
      readonly socket: string
      readonly count: number
      readonly told: Told
    }
  | {
      readonly type: 'asked'
      readonly term: string
      readonly socket: string
      readonly count: number
      readonly asked: Asked
    }

/** On the channel that all tabs have. */
export type GroupMessage =
  | { readonly type: 'who'; readonly tab: string; readonly isHidden: boolean }
  | { readonly type: 'lead' | 'leaving' | 'gone'; readonly term: string }
  /** Somebody has begun to look at a tab; still does. */
  | { readonly type: 'visible' | 'seen' }
