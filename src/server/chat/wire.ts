/** The shapes that travel: what docs/PROTOCOL.md calls User, Message, Room and Member. Types only. */
import type { Id } from '../../transport/port.ts'

export interface ChatUser {
  readonly id: Id
  readonly username: string
  readonly avatar_url?: string
}

export interface ChatReaction {
  readonly name: string
  readonly count: number
  /** Whether the one who is looking reacted so. */
  readonly me: boolean
  /** Some of them, by id: never more than twenty. */
  readonly user_ids: readonly Id[]
}

/** A file that comes with a message. It travels by itself, over HTTP say. */
export interface ChatAttachment {
  readonly id: Id
  readonly name: string
  readonly mime_type: string
  /** Bytes. */
  readonly size: number
  /** Of http, https or blob, or relative. */
  readonly url: string
  /** Pixels. */
  readonly width?: number | null
  readonly height?: number | null
  readonly [field: string]: unknown
}

export interface ChatMessage {
  readonly id: Id
  readonly room_id: Id
  readonly sender: ChatUser
  readonly content: string
  /** ISO 8601. Never goes backwards within a room. */
  readonly timestamp: string
  readonly seq: number
  readonly version: number
  readonly reactions: readonly ChatReaction[]
  readonly client_id?: string
  readonly edited_at?: string
  readonly deleted_at?: string
  /** Of one that is, or was, written piece by piece. */
  readonly status?: ChatWritingStatus
  readonly reply_to_id?: Id
  readonly attachments?: readonly ChatAttachment[]
  readonly metadata?: unknown
}

/** `streaming` while the text grows; `failed` where whoever wrote it could not go on. */
export type ChatWritingStatus = 'streaming' | 'done' | 'stopped' | 'failed'

export type ChatRoomKind = 'direct' | 'group' | 'channel'

/** Without the reactions, which differ by who is looking. */
export type ChatPreview = Omit<ChatMessage, 'reactions'>

export interface ChatReadState {
  readonly room_id: Id
  readonly unread_count: number
  readonly mention_count: number
  readonly last_read_message_id: Id | null
  readonly version: number
}

export interface ChatRoom extends Omit<ChatReadState, 'room_id'> {
  readonly id: Id
  readonly name: string
  readonly kind: ChatRoomKind
  readonly avatar_url?: string
  /** In a conversation of two: the other one. */
  readonly peer?: ChatUser
  readonly last_message?: ChatPreview
  readonly last_activity_at: string
  readonly member_count: number
}

export interface ChatMember {
  readonly user: ChatUser
  readonly role: string
  readonly joined_at: string
  readonly last_read_message_id: Id | null
  readonly read_at?: string
}
