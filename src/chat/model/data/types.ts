/** The entities of a chat as applications see them: wire shape, snake_case; `local` is ours. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { SendStatus } from '../../../query/index.ts'

/** As the server writes it; `7` and `'7'` are the same. */
export type Id = string | number

/** Somebody, as messages and members name them. */
export interface ChatUser {
  readonly id: Id
  readonly username: string
  readonly avatar_url?: string | null | undefined
  readonly [field: string]: unknown
}

/** One kind of reaction to a message, and how many have reacted so. */
export interface ChatReaction {
  /** What was tapped, e.g. an emoji. */
  readonly name: string
  readonly count: number
  /** Whether oneself is among them. */
  readonly me?: boolean | null | undefined
  /** Some of them, where the server says so; `count` may be more. */
  readonly user_ids?: Id[] | null | undefined
  readonly [field: string]: unknown
}

/** A file that comes with a message. It travels by itself, over HTTP say; the message says where it is. */
export interface ChatAttachment {
  readonly id: Id
  readonly name: string
  /** In the words of whoever sent it: say with it what to show, not what to trust. */
  readonly mime_type: string
  /** Bytes. */
  readonly size: number
  /** As it was sent: `attachmentUrl` says whether it may become a link, or a picture. */
  readonly url: string
  /** Of pictures and films, in pixels. */
  readonly width?: number | null | undefined
  readonly height?: number | null | undefined
  readonly [field: string]: unknown
}

/**
 * Brings a file to where files are kept, and resolves with where that is. What it throws is the reason on the row. `signal`: it was
 * cancelled, or somebody else signs in. `onProgress`: how far it is, from 0 to 1; or how many bytes of how many.
 */
export type Upload = (
  file: File,
  how: { readonly signal: AbortSignal; readonly onProgress: (done: number, all?: number) => void },
) => Promise<ChatAttachment>

/** A message as a server sends it. */
export interface BaseMessage {
  readonly id: Id
  /** What the client that sent it called it. Unique among its sender's messages. */
  readonly client_id?: string | null | undefined
  readonly room_id: Id
  readonly sender: ChatUser
  readonly content: string
  /** ISO 8601, by the server's clock. */
  readonly timestamp: string
  /** Its place in the room, where the server numbers messages; else its `timestamp` is. */
  readonly seq?: number | null | undefined
  /** Grows with every change; of two versions the higher one is shown. */
  readonly version?: number | null | undefined
  /** ISO 8601. */
  readonly edited_at?: string | null | undefined
  /** ISO 8601. */
  readonly deleted_at?: string | null | undefined
  /** `streaming` while its text is being written, then e.g. `done`, `stopped` or `failed`. */
  readonly status?: string | null | undefined
  /** The message that it answers. */
  readonly reply_to_id?: Id | null | undefined
  readonly reactions?: ChatReaction[] | null | undefined
  readonly attachments?: ChatAttachment[] | null | undefined
  readonly [field: string]: unknown
}

/** A message as it is shown. */
export interface ChatMessage extends BaseMessage {
  /** Of one that this client has sent and the server has not confirmed: how far that is. */
  readonly local?: LocalState
}

/** A room in the list of one's rooms. */
export interface ChatRoom {
  readonly id: Id
  readonly name: string
  /** What sort of room it is, in the server's words, e.g. `direct`. */
  readonly kind?: string | null | undefined
  readonly avatar_url?: string | null | undefined
  /** In a conversation of two: the other one, where the server says so. */
  readonly peer?: ChatUser | null | undefined
  readonly last_message?: RoomPreview | null | undefined
  /** ISO 8601; the list is sorted by it. */
  readonly last_activity_at?: string | null | undefined
  readonly member_count?: number | null | undefined
  /** Of oneself, as the server counts. */
  readonly unread_count?: number | null | undefined
  /** Of oneself, as the server counts. */
  readonly mention_count?: number | null | undefined
  /** How far oneself has read. */
  readonly last_read_message_id?: Id | null | undefined
  /** Grows with every change; of two versions the higher one is shown. */
  readonly version?: number | null | undefined
  readonly [field: string]: unknown
}

/** As much of a room's last message as its server tells with the room. */
interface RoomPreview {
  readonly id: Id
  readonly content: string
  readonly [field: string]: unknown
}

/** Somebody's membership of a room. */
export interface ChatMember {
  readonly user: ChatUser
  /** In the server's words, e.g. `admin`. */
  readonly role?: string | null | undefined
  /** ISO 8601. */
  readonly joined_at?: string | null | undefined
  /** How far they have read. */
  readonly last_read_message_id?: Id | null | undefined
  /** When they did; ISO 8601. */
  readonly read_at?: string | null | undefined
  readonly [field: string]: unknown
}

/** Client-only state of a row that this client sent. */
export interface LocalState {
  /** Pass it to `retryMessage` and `discardMessage`. */
  readonly key: string
  readonly status: SendStatus
  readonly error?: Error | undefined
  readonly attempts: number
  /** `false`: where sends are kept (`live.persistOutbox`), this one is not, and would be lost by a reload. */
  readonly isKept?: false
  /** Another tab has it in hand, and sends it. */
  readonly isElsewhere?: true
  /** Of its `attachments` those that are still to be uploaded, by id: how far that is, from 0 to 1. */
  readonly uploads?: Readonly<Record<string, number>>
}

/** A message as it is shown; `M` is what the application's schema makes of one. */
export type Row<M> = M & { readonly local?: LocalState }

/** What a chat's rows are: made of `schemas`, or of the schemas that come with it. */
export interface ChatTypes {
  readonly message: BaseMessage
  readonly room: ChatRoom
  readonly member: ChatMember
}

/** Schemas of one's own; each extends the one it replaces, and the rows of hooks and factories have its type. */
export type ChatSchemas<T extends Partial<ChatTypes> = ChatTypes> = {
  readonly [K in keyof T]?: StandardSchemaV1<unknown, T[K]>
}

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

/**
 * Says once what one's schemas make of rows, for hooks that are not told by a type argument:
 * `declare module 'querywire/chat' { interface ChatRegister { message: MyMessage; room: MyRoom; member: MyMember } }`
 */
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging in the user's program
export interface ChatRegister {}

/** The bag that some types of one's own make, with the chat's for the others. */
export interface Completed<T> extends ChatTypes {
  readonly message: T extends { readonly message: infer M extends BaseMessage } ? M : BaseMessage
  readonly room: T extends { readonly room: infer R extends ChatRoom } ? R : ChatRoom
  readonly member: T extends { readonly member: infer B extends ChatMember } ? B : ChatMember
}

type Registered = Completed<ChatRegister>
export type RegisteredMessage = Registered['message']
export type RegisteredRoom = Registered['room']
export type RegisteredMember = Registered['member']

/** How much a back end offers; see docs/PROTOCOL.md. */
export type ChatLevel = 0 | 1 | 2 | 3

export const isId = (value: unknown): value is Id => typeof value === 'string' || typeof value === 'number'

export const sameId = (a: Id | null | undefined, b: Id | null | undefined): boolean =>
  a !== undefined && a !== null && b !== undefined && b !== null && String(a) === String(b)
