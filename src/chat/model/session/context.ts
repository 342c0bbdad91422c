/** What the parts of a chat share. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { StoreApi } from 'zustand/vanilla'
import type { Live, OrderKey } from '../../../query/index.ts'
import type { QueryClient } from '../../../query/tanstack.ts'
import type { LiveError, WebSocketManager } from '../../../transport/index.ts'
import type { ChatTypes, ChatUser, Id, Upload } from '../data/types.ts'
import type { Level } from './level.ts'
import type { Names } from './names.ts'

export interface ChatContext<T extends ChatTypes = ChatTypes> {
  readonly live: Live
  readonly manager: WebSocketManager
  readonly store: StoreApi<ChatState>
  /** What answers where rooms are. A chat can have plain consumers per room beside an able endpoint for the user. */
  readonly level: Level
  /** What answers where the room list is; the same where one connection carries everything. */
  readonly roomsLevel: Level
  readonly schemas: { readonly [K in keyof ChatTypes]: StandardSchemaV1<unknown, T[K]> }
  readonly pageSize: number
  readonly maxLength: number
  readonly upload: Upload | undefined
  readonly endpoints: ChatEndpoints
  currentUser(): ChatUser | undefined
  readonly membership: Membership
  readonly names: Names
  /** Of the hooks, by user and room. */
  readonly reporters: WeakMap<QueryClient, Map<string, ReadReporter>>
}

export interface ChatEndpoints {
  /** Connection of the room list and everything else that belongs to the user, not to a room. */
  readonly rooms: string | undefined
  /** An endpoint per room as a function; `undefined` where one connection carries all rooms. */
  readonly room: ((params: { readonly roomId: Id }) => string) | undefined
}

/** Client state of the chat; server state is in the QueryClient. */
export interface ChatState {
  readonly activeRoomId: Id | null
  readonly currentUser: ChatUser | undefined
  /** Rooms that one has left or was removed from while they may still be on screen, and why. */
  readonly removals: ReadonlyMap<string, LiveError>
}

/** When nobody is known yet, or any more. */
export const nobodysState = (): ChatState => ({
  activeRoomId: null,
  currentUser: undefined,
  removals: new Map(),
})

export interface Membership {
  /** Why one is no longer in a room that one was in. */
  removalOf(roomId: Id): LiveError | undefined
  removed(roomId: Id, reason: string | undefined): void
  /** Of a room that a server names, in whatever way. */
  added(roomId: unknown): void
  /** For as long as a room is on screen: notices what happened while nobody could be told. Returns what ends it. */
  watch(roomId: Id): () => void
}

/** Where a message stands, or stood before it was deleted; `undefined` for one that was never loaded. */
export type PlaceOf = (messageId: Id | null) => OrderKey | undefined

export interface ReadReporter {
  report(messageId: Id, placeOf: PlaceOf): void
  /** What was read is to be unread again: what waits is not reported, and until this is settled anything can be. */
  takeBack(settled: Promise<unknown>): void
  /** Somebody looks at the end of the room: what comes counts for nothing once what was there is reported. Returns how to stop. */
  watch(): () => void
}

// The same in every copy of the package: a provider may come from another one than the chat.
const CONTEXT = Symbol.for('querywire.chat')

/** A chat as applications see it; what it is made of stays with it, for the hooks. */
export function withContext<Chat extends object>(chat: Chat, context: ChatContext): Chat {
  return Object.assign(chat, { [CONTEXT]: context })
}

export function contextOf(chat: object): ChatContext {
  return (chat as { readonly [CONTEXT]: ChatContext })[CONTEXT]
}

/** Which connection carries a room. */
export function endpointOf({ room, rooms }: ChatEndpoints, roomId: Id): string | undefined {
  return room?.({ roomId }) ?? rooms
}

/** Endpoint and channel of everything that belongs to one room. */
export function roomChannel({ endpoints }: Pick<ChatContext, 'endpoints'>) {
  const endpoint = endpoints.room ?? endpoints.rooms
  return {
    ...(endpoint !== undefined && { endpoint }),
    channel: ({ roomId }: { readonly roomId: Id }) => ({ room_id: roomId }),
  }
}

export function roomsEndpoint({ endpoints }: Pick<ChatContext, 'endpoints'>) {
  return endpoints.rooms === undefined ? {} : { endpoint: endpoints.rooms }
}
