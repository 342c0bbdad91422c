/** What the chat keeps, and the few things it does with it. A driver implements this and knows nothing of the rules. */
import type { Id } from '../../../transport/port.ts'
import type { Awaitable } from '../steps.ts'
import type { ChatAttachment, ChatRoomKind, ChatWritingStatus } from '../wire.ts'

/** Ids are compared by their text: `7` and `'7'` name the same room. */
export type Key = string

export const keyOf = (id: Id): Key => String(id)

export interface UserRow {
  readonly key: Key
  readonly body: {
    readonly id: Id
    readonly username: string
    readonly avatar_url?: string
    readonly last_seen_at?: string
  }
}

/** How a text calls somebody: upper and lower case are the same. */
export const calledOf = ({ body }: Pick<UserRow, 'body'>): string => body.username.toLowerCase()

export interface RoomRow {
  readonly key: Key
  /** Grows with every change that the list of rooms shows to all its members. */
  readonly version: number
  readonly memberCount: number
  /** How many were ever written: the place of the last one. */
  readonly messageCount: number
  readonly activeAt: string
  readonly body: {
    readonly id: Id
    readonly name: string
    readonly kind: ChatRoomKind
    readonly avatar_url?: string
  }
}

export interface MemberRow {
  readonly room: Key
  readonly user: Key
  /** In which order they came. */
  readonly place: number
  /** Grows with every change of the room that this one alone sees. */
  readonly version: number
  /** The place of the last message that was read, or 0. */
  readonly readPlace: number
  readonly body: {
    readonly role: string
    readonly joined_at: string
    readonly last_read_message_id: Id | null
    readonly read_at?: string
  }
}

export interface MessageRow {
  readonly room: Key
  /** 1, 2, 3 … in the room, without a hole: deleted ones keep theirs. */
  readonly place: number
  /** Likewise among those of its sender in the room, so that counting needs no looking at each. */
  readonly ownPlace: number
  readonly key: Key
  readonly sender: Key
  readonly clientId?: string
  readonly isDeleted: boolean
  readonly version: number
  /** The number of the event that announced it. */
  readonly seq: number
  readonly body: {
    readonly id: Id
    readonly content: string
    readonly timestamp: string
    readonly edited_at?: string
    readonly deleted_at?: string
    readonly status?: ChatWritingStatus
    readonly reply_to_id?: Id
    readonly attachments?: readonly ChatAttachment[]
    readonly metadata?: unknown
  }
}

export interface ReactionRow {
  readonly room: Key
  readonly place: number
  readonly name: string
  readonly user: Key
  /** The version of the message in which the first one reacted so: their order. */
  readonly since: number
}

export interface ReactionCount {
  readonly place: number
  readonly name: string
  readonly count: number
  readonly me: boolean
  /** The first `MAX_NAMED` of them, by their keys. */
  readonly users: readonly Key[]
}

/** Of those who have reacted alike, so many are named. */
export const MAX_NAMED = 20

/** A message that grows, and the process that it is written by. */
export interface WritingRow {
  readonly room: Key
  readonly place: number
  readonly process: string
}

/** A member with what follows from the messages. */
export interface CountedMember extends MemberRow {
  readonly unread: number
  readonly mentions: number
}

/** Living messages next to a place, which is not among them, nearest first. */
export interface PageQuery {
  readonly from: number
  readonly direction: 'older' | 'newer'
  readonly limit: number
}

export interface RoomsQuery {
  /** Those that stand behind this one. */
  readonly after?: { readonly activeAt: string; readonly key: Key }
  readonly limit: number
}

export interface ChatTables {
  room(key: Key): Awaitable<RoomRow | undefined>
  putRoom(row: RoomRow): Awaitable<unknown>
  /** The room that was made for this purpose. */
  roomFor(purpose: string): Awaitable<Key | undefined>
  /** Where there is none for it. */
  putRoomFor(purpose: string, room: Key): Awaitable<unknown>
  /** Those that the user is in, last active first. */
  roomsOf(user: Key, query: RoomsQuery): Awaitable<RoomRow[]>
  countRoomsOf(user: Key): Awaitable<number>

  member(room: Key, user: Key): Awaitable<MemberRow | undefined>
  /** In the order in which they came. */
  members(room: Key): Awaitable<MemberRow[]>
  /** Of several rooms, in no order. */
  membersIn(rooms: readonly Key[]): Awaitable<Pick<MemberRow, 'room' | 'user'>[]>
  putMember(row: MemberRow): Awaitable<unknown>
  removeMember(room: Key, user: Key): Awaitable<unknown>
  /** Those of these users that are members of these rooms. */
  countedMembers(rooms: readonly Key[], users: readonly Key[]): Awaitable<CountedMember[]>
  /** The members whom a text calls by one of these names. */
  membersCalled(room: Key, called: readonly string[]): Awaitable<Key[]>

  users(keys: readonly Key[]): Awaitable<UserRow[]>
  putUser(row: UserRow): Awaitable<unknown>

  message(room: Key, place: number): Awaitable<MessageRow | undefined>
  messageNamed(room: Key, key: Key): Awaitable<MessageRow | undefined>
  messageSent(room: Key, sender: Key, clientId: string): Awaitable<MessageRow | undefined>
  /** How many the sender ever wrote in the room. */
  countSent(room: Key, sender: Key): Awaitable<number>
  page(room: Key, query: PageQuery): Awaitable<MessageRow[]>
  /** The last living one of each room that has one. */
  lastMessages(rooms: readonly Key[]): Awaitable<MessageRow[]>
  putMessage(row: MessageRow): Awaitable<unknown>

  /** In place of those that were there. */
  setMentions(room: Key, place: number, users: readonly Key[]): Awaitable<unknown>
  reactions(room: Key, place: number): Awaitable<ReactionRow[]>
  countedReactions(room: Key, places: readonly number[], viewer: Key): Awaitable<ReactionCount[]>
  addReaction(row: ReactionRow): Awaitable<unknown>
  removeReaction(row: ReactionRow): Awaitable<unknown>
  clearReactions(room: Key, place: number): Awaitable<unknown>

  writings(): Awaitable<WritingRow[]>
  putWriting(row: WritingRow): Awaitable<unknown>
  removeWriting(room: Key, place: number): Awaitable<unknown>

  /** How often each process has said that it is there. */
  beats(): Awaitable<ReadonlyMap<string, number>>
  beat(process: string): Awaitable<unknown>
  /** Where each of these users has connections. */
  setPresent(process: string, user: Key): Awaitable<unknown>
  setAbsent(process: string, user: Key): Awaitable<unknown>
  /** Forgets the process; returns who was there. */
  dropProcess(process: string): Awaitable<Key[]>
  /** Those of these users that have a connection anywhere. */
  present(users: readonly Key[]): Awaitable<Key[]>
  countPresent(room: Key): Awaitable<number>
  /** Who is there and shares one of these rooms. */
  presentIn(rooms: readonly Key[]): Awaitable<UserRow[]>
}
