/** The entities of a chat as applications see them: wire shape, snake_case; `local` is ours. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { SendStatus } from '../../../query/index.ts'
import type { Member, Message, Reaction, Room, User } from './schemas.ts'

export type Id = string | number
export type ChatUser = StandardSchemaV1.InferOutput<typeof User>
export type ChatReaction = StandardSchemaV1.InferOutput<typeof Reaction>
export type BaseMessage = StandardSchemaV1.InferOutput<typeof Message>
export type ChatMember = StandardSchemaV1.InferOutput<typeof Member>

/** Client-only state of a row that this client sent. */
export interface LocalState {
  /** Pass it to `retryMessage` and `discardMessage`. */
  readonly key: string
  readonly status: SendStatus
  readonly error?: Error | undefined
  readonly attempts: number
}

/** A message as it is shown; `M` is what the application's schema makes of one. */
export type Row<M> = M & { readonly local?: LocalState }
export type ChatMessage = Row<BaseMessage>
export type ChatRoom = StandardSchemaV1.InferOutput<typeof Room>

export interface ReadState {
  readonly room_id: Id
  readonly unread_count: number
  readonly mention_count: number
  readonly last_read_message_id: Id | null
}

export interface Typer {
  readonly user: ChatUser
  /** Monotonic milliseconds; typing ends then, whatever is heard. */
  readonly until: number
}

export type PresenceStatus = 'online' | 'away' | 'offline' | 'unknown'

export interface Presence {
  readonly status: PresenceStatus
  readonly last_seen_at?: string | null | undefined
}

/** Schemas of one's own; each extends the one it replaces, and the rows of hooks and factories have its type. */
export interface ChatSchemas<
  M extends BaseMessage = BaseMessage,
  R extends ChatRoom = ChatRoom,
  B extends ChatMember = ChatMember,
> {
  readonly message?: StandardSchemaV1<unknown, M>
  readonly room?: StandardSchemaV1<unknown, R>
  readonly member?: StandardSchemaV1<unknown, B>
}

/**
 * Says once what one's schemas make of rows, for hooks that are not told by a type argument:
 * `declare module 'querywire/chat' { interface ChatRegister { message: MyMessage; room: MyRoom; member: MyMember } }`
 */
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging in the user's program
export interface ChatRegister {}

export type RegisteredMessage = ChatRegister extends { message: infer M extends BaseMessage }
  ? M
  : BaseMessage
export type RegisteredRoom = ChatRegister extends { room: infer R extends ChatRoom } ? R : ChatRoom
export type RegisteredMember = ChatRegister extends { member: infer B extends ChatMember } ? B : ChatMember

/** How much a back end offers; see docs/PROTOCOL.md. */
export type ChatLevel = 0 | 1 | 2 | 3

export const sameId = (a: Id | null | undefined, b: Id | null | undefined): boolean =>
  a !== undefined && a !== null && b !== undefined && b !== null && String(a) === String(b)
