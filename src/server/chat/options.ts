/** What an application says about its chat, and what it may do there. */
import type { Id } from '../../transport/port.ts'
import type { LiveUser } from '../options.ts'
import type { LivePlugin } from '../session/plugin.ts'
import type { JoinedRoom, RoomSeed, UserOrId } from './domain/members.ts'
import type { NewRoom } from './domain/newRoom.ts'
import type { ChatLimits } from './limits.ts'
import type { ChatAttachment, ChatMessage, ChatUser, ChatWritingStatus } from './wire.ts'

export interface ChatServerOptions {
  /** People whom the chat is to know before they connect: for mentions, and as members. @default those who have connected */
  readonly users?: readonly ChatUser[]
  /** The path of an endpoint per room; its first group is the room's id. @default /\/chat\/([^/]+)\/?$/ */
  readonly endpoint?: RegExp
  readonly limits?: Partial<ChatLimits>
  /** No other process uses the store: so nobody looks, all ten seconds, whether the others are still there. @default false */
  readonly isAlone?: boolean
  /**
   * Whether somebody in the room may stop a message that is being written: `stop_message`. @default everybody may
   */
  readonly mayStop?: (asked: { readonly user: LiveUser; readonly message: ChatMessage }) => boolean
  /**
   * Whether somebody may make this room, and bring these people into it: `create_room`. A conversation of two that is there
   * already is no new one, as long as both are in it. @default everybody may
   */
  readonly mayCreateRoom?: (asked: { readonly user: LiveUser; readonly room: NewRoom }) => boolean
  /** Whether somebody may become a member by `join_room`. @default of every room but those of kind `direct` */
  readonly mayJoinRoom?: (asked: { readonly user: LiveUser; readonly room: JoinedRoom }) => boolean
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
  readonly attachments?: readonly ChatAttachment[]
  readonly metadata?: unknown
}

/** What is known of a message before it is written. */
export type WrittenMessage = Omit<PostedMessage, 'content' | 'client_id'>

/**
 * A message that is written piece by piece, as a language model answers. It is there from the beginning, and counts once as
 * unread; those who come later find what was written so far. If it is not ended, it ends as `failed`: when this is disposed of,
 * the server is closed, or its process is gone.
 *
 * @example
 * ```ts
 * await using answer = await chat.write(roomId, { sender: 'assistant', reply_to_id: question.id })
 * for await (const text of model.stream(prompt, { signal: answer.signal })) answer.append(text)
 * await answer.end()
 * ```
 */
export interface ChatWriter extends AsyncDisposable {
  /** As it began, without text. */
  readonly message: ChatMessage
  /** Aborted when somebody stops or deletes the message, or the server goes down; what is appended after that goes nowhere. */
  readonly signal: AbortSignal
  /**
   * The next part of the text, of any length, cut anywhere. It is stored, then told, ten times a second, and less often where
   * the text is long.
   *
   * @throws RequestError `too_long`, and nothing of it is taken
   */
  append(text: string): void
  /**
   * Resolves with the message as it is from now on: where it was stopped or deleted before, as that left it. `content`: another
   * text than what was appended. Rejects where the store does not answer, and can be called again. @default status 'done'
   */
  end(how?: {
    readonly status?: Exclude<ChatWritingStatus, 'streaming'>
    readonly content?: string
    readonly metadata?: unknown
  }): Promise<ChatMessage>
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
  /** A message in somebody's name whose text comes piece by piece. Their counts and mentions are those of its end. */
  write(roomId: Id, message: WrittenMessage): Promise<ChatWriter>
  /** A `notification`, to whoever of the user's connections is there. Stored nowhere. */
  notify(userId: Id, data: unknown): void
  /** Clients of this process are told that what they have of a room, or of all, may be wrong. @default reason 'requested' */
  requireResync(options?: { readonly roomId?: Id; readonly reason?: string }): void
}
