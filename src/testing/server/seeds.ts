/** What a server starts with, in the short form that is pleasant to write in a test, turned into records. */
import { findMentions } from './mentions.ts'
import { type Key, keyOf, type MemberRecord, type MessageRecord, type UserRecord } from './records.ts'
import type { StoredChat, StoredRoom } from './store.ts'
import type { Id, RoomKind, User } from './wire.ts'

/** `'alice'` is short for `{ id: 'alice', username: 'alice' }`. */
export type UserSeed = string | User

export interface MessageSeed {
  readonly id?: Id
  readonly sender: Id
  readonly content: string
  /** ISO 8601. @default one minute after the message before it, the newest at the server's now */
  readonly timestamp?: string
  readonly client_id?: string
  readonly reply_to_id?: Id
  /** Reaction name → who reacted so. */
  readonly reactions?: Readonly<Record<string, readonly Id[]>>
  readonly attachments?: unknown
  readonly metadata?: unknown
}

export interface RoomSeed {
  readonly id: Id
  /** @default the id */
  readonly name?: string
  /** @default 'group' */
  readonly kind?: RoomKind
  readonly avatar_url?: string
  /** User ids. @default every user */
  readonly members?: readonly Id[]
  /** Oldest first. */
  readonly messages?: readonly MessageSeed[]
  /** User id → how many of the newest messages that user has not read. @default none */
  readonly unread?: Readonly<Record<string, number>>
}

const MINUTE_MS = 60_000

export interface SeedContext {
  readonly nowMs: number
  createMessageId(): string
}

const userFromSeed = (seed: UserSeed): UserRecord =>
  typeof seed === 'string' ? { id: seed, username: seed } : seed

export function chatFromSeeds(
  seeds: { readonly users: readonly UserSeed[]; readonly rooms: readonly RoomSeed[] },
  context: SeedContext & { readonly epoch: string },
): StoredChat {
  const users = seeds.users.map(userFromSeed)
  return { epoch: context.epoch, users, rooms: seeds.rooms.map((room) => roomFromSeed(room, users, context)) }
}

export function roomFromSeed(seed: RoomSeed, users: readonly UserRecord[], context: SeedContext): StoredRoom {
  const memberKeys = seed.members?.map(keyOf) ?? users.map((user) => keyOf(user.id))
  const members = users.filter((user) => memberKeys.includes(keyOf(user.id)))
  const unknown = memberKeys.filter((key) => !members.some((user) => keyOf(user.id) === key))
  if (unknown.length > 0)
    throw new Error(`Room "${seed.id}" has members that are no users: ${unknown.join(', ')}`)
  const messages = messagesFromSeed(seed, members, context)
  const createdAt = messages[0]?.timestamp ?? new Date(context.nowMs).toISOString()
  return {
    record: {
      id: seed.id,
      name: seed.name ?? String(seed.id),
      kind: seed.kind ?? 'group',
      ...(seed.avatar_url === undefined ? {} : { avatarUrl: seed.avatar_url }),
      seq: messages.length,
      lastActivityAt: messages.at(-1)?.timestamp ?? createdAt,
    },
    messages,
    members: members.map((user) => memberFromSeed(keyOf(user.id), { seed, messages, createdAt })),
  }
}

function messagesFromSeed(
  seed: RoomSeed,
  members: readonly UserRecord[],
  context: SeedContext,
): MessageRecord[] {
  const seeds = seed.messages ?? []
  return seeds.map((message, index) => ({
    id: message.id ?? context.createMessageId(),
    roomId: seed.id,
    senderKey: keyOf(message.sender),
    content: message.content,
    timestamp:
      message.timestamp ?? new Date(context.nowMs - (seeds.length - 1 - index) * MINUTE_MS).toISOString(),
    seq: index + 1,
    version: 1,
    ...(message.client_id === undefined ? {} : { clientId: message.client_id }),
    ...(message.reply_to_id === undefined ? {} : { replyToId: message.reply_to_id }),
    ...(message.attachments === undefined ? {} : { attachments: message.attachments }),
    ...(message.metadata === undefined ? {} : { metadata: message.metadata }),
    reactions: Object.entries(message.reactions ?? {}).map(([name, ids]) => ({
      name,
      userKeys: ids.map(keyOf),
    })),
    mentions: findMentions(message.content, members),
  }))
}

function memberFromSeed(
  userKey: Key,
  from: { readonly seed: RoomSeed; readonly messages: readonly MessageRecord[]; readonly createdAt: string },
): MemberRecord {
  const unreadCounts = new Map(Object.entries(from.seed.unread ?? {}))
  const readCount = from.messages.length - (unreadCounts.get(userKey) ?? 0)
  const pointer = readCount > 0 ? from.messages[readCount - 1] : undefined
  const unread = from.messages.slice(Math.max(0, readCount)).filter((m) => m.senderKey !== userKey)
  return {
    userKey,
    role: 'member',
    joinedAt: from.createdAt,
    lastReadMessageId: pointer?.id ?? null,
    ...(pointer === undefined ? {} : { readAt: pointer.timestamp }),
    unreadCount: unread.length,
    mentionCount: unread.filter((message) => message.mentions.includes(userKey)).length,
    version: 1,
  }
}
