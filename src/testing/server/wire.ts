/** The shapes that travel: what docs/PROTOCOL.md calls Frame, Message, Room and Member. Types only. */
import type { ChatAttachment } from '../../server/chat/wire.ts'
import type { Id } from '../../transport/port.ts'

export type { Id } from '../../transport/port.ts'

/** How much of the protocol a back end offers; see docs/PROTOCOL.md, "Levels". */
export type ChatLevel = 0 | 1 | 2 | 3

export interface User {
  readonly id: Id
  readonly username: string
  readonly avatar_url?: string
}

export interface Reaction {
  readonly name: string
  readonly count: number
  /** Whether the one who is looking reacted so. */
  readonly me: boolean
}

export interface Message {
  readonly id: Id
  readonly room_id: Id
  readonly sender: User
  readonly content: string
  /** ISO 8601. Never goes backwards within a room. */
  readonly timestamp: string
  readonly client_id?: string
  readonly seq?: number
  readonly version?: number
  readonly edited_at?: string
  readonly deleted_at?: string
  readonly reply_to_id?: Id
  readonly reactions?: readonly Reaction[]
  readonly attachments?: readonly ChatAttachment[]
  readonly metadata?: unknown
}

export type RoomKind = 'direct' | 'group' | 'channel'

export interface Room {
  readonly id: Id
  readonly name: string
  readonly kind: RoomKind
  readonly avatar_url?: string
  readonly last_message?: Message
  readonly last_activity_at: string
  readonly member_count: number
  readonly unread_count: number
  readonly mention_count: number
  readonly last_read_message_id: Id | null
  readonly version: number
}

export interface Member {
  readonly user: User
  readonly role: string
  readonly joined_at: string
  readonly last_read_message_id: Id | null
  readonly read_at?: string
}

export interface ServerFrame {
  readonly type: string
  readonly [field: string]: unknown
}

export type Fields = Readonly<Record<string, unknown>>

export type { ClientFrame } from '../../server/session/clientFrame.ts'
export { isId } from '../../server/session/clientFrame.ts'
export { isRecord as isFields } from '../../transport/protocol.ts'
