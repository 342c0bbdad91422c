/** What an application says about its chat, and what it may do there. */
import type { Id } from '../../transport/port.ts'
import type { LivePlugin } from '../session/plugin.ts'
import type { RoomSeed, UserOrId } from './domain/members.ts'
import type { ChatLimits } from './limits.ts'
import type { ChatMessage, ChatUser } from './wire.ts'

export interface ChatServerOptions {
  /** People whom the chat is to know before they connect: for mentions, and as members. @default those who have connected */
  readonly users?: readonly ChatUser[]
  /** The path of an endpoint per room; its first group is the room's id. @default /\/chat\/([^/]+)\/?$/ */
  readonly endpoint?: RegExp
  readonly limits?: Partial<ChatLimits>
  /** Unique in its room. @default a random one */
  readonly createMessageId?: () => Id
}

export interface PostedMessage {
  /** A member of the room. */
  readonly sender: Id
  readonly content: string
  /** Unique among those of its sender: the same again is the same message. */
  readonly client_id?: string
  readonly reply_to_id?: Id
  readonly attachments?: unknown
  readonly metadata?: unknown
}

/**
 * A chat, to be given to one server. What it is asked before that server has its tables waits; all rejects as a client would
 * be refused, with `RequestError`.
 */
export interface ChatServer extends LivePlugin {
  /** Where there is such a room already, it gets those of the members that it lacks. */
  createRoom(room: RoomSeed): Promise<void>
  /** What everybody sees of it. */
  updateRoom(roomId: Id, change: { readonly name?: string; readonly avatar_url?: string }): Promise<void>
  /** They get `room_added`. Nothing happens where they are in it. */
  addMember(roomId: Id, user: UserOrId): Promise<void>
  /** Ends delivery; they get `room_removed`. @default reason 'removed' */
  removeMember(roomId: Id, userId: Id, reason?: string): Promise<void>
  /** In somebody's name. */
  postMessage(roomId: Id, message: PostedMessage): Promise<ChatMessage>
  /** A `notification`, to whoever of the user's connections is there. Stored nowhere. */
  notify(userId: Id, data: unknown): void
  /** Clients of this process are told that what they have of a room, or of all, may be wrong. @default reason 'requested' */
  requireResync(options?: { readonly roomId?: Id; readonly reason?: string }): void
}
