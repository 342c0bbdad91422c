/**
 * What the server remembers. Messages and members are immutable values that get replaced, so the event log, the store
 * and a snapshot can hold on to them without copying.
 */
import type { Id, RoomKind, User } from './wire.ts'

/** Ids are compared by their text: `7` and `'7'` name the same room. */
export type Key = string

export const keyOf = (id: Id): Key => String(id)

export interface ReactionRecord {
  readonly name: string
  readonly userKeys: readonly Key[]
}

export interface MessageRecord {
  readonly id: Id
  readonly roomId: Id
  readonly senderKey: Key
  readonly content: string
  readonly timestamp: string
  /** Position of the event that announced the message. Grows with every message, over epochs too. */
  readonly seq: number
  readonly version: number
  readonly clientId?: string
  readonly replyToId?: Id
  readonly editedAt?: string
  readonly deletedAt?: string
  readonly reactions: readonly ReactionRecord[]
  readonly mentions: readonly Key[]
  readonly attachments?: unknown
  readonly metadata?: unknown
}

/** A user in a room: membership, read pointer and what follows from it. */
export interface MemberRecord {
  readonly userKey: Key
  readonly role: string
  readonly joinedAt: string
  readonly lastReadMessageId: Id | null
  readonly readAt?: string
  readonly unreadCount: number
  readonly mentionCount: number
  /** Counts the changes of the room as this user sees it: `Room.version` and `unread_update.version`. */
  readonly version: number
}

/** What a store keeps of a room; messages and members are kept apart. */
export interface RoomRecord {
  readonly id: Id
  readonly name: string
  readonly kind: RoomKind
  readonly avatarUrl?: string
  readonly seq: number
  readonly lastActivityAt: string
}

/** An event that changes the state of a room, and therefore has a number where the level has numbers. */
export type RoomEvent =
  | { readonly type: 'chat_message' | 'message_updated'; readonly message: MessageRecord }
  | { readonly type: 'message_deleted'; readonly message: MessageRecord }
  | { readonly type: 'reaction_updated'; readonly message: MessageRecord }
  | { readonly type: 'member_joined' | 'member_left'; readonly member: MemberRecord }

export interface NumberedEvent {
  readonly seq: number
  readonly event: RoomEvent
}

export interface UserRecord extends User {
  readonly lastSeenAt?: string
}
