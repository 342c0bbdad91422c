/** One room: its messages in order, its members, its numbered events. Knows no connection and no wire shape. */
import { createEventLog, type EventLog } from './eventLog.ts'
import {
  type Key,
  keyOf,
  type MemberRecord,
  type MessageRecord,
  type RoomEvent,
  type RoomRecord,
} from './records.ts'
import type { Id } from './wire.ts'

export interface RoomState {
  record: RoomRecord
  /** Oldest first. Deleted messages stay as tombstones: they are still valid positions to page from. */
  readonly messages: MessageRecord[]
  readonly members: Map<Key, MemberRecord>
  readonly log: EventLog
  /** Message id → index in `messages`. */
  readonly positions: Map<Key, number>
  /** Sender and client id → message id: what makes a repeated send harmless. */
  readonly sent: Map<string, Id>
}

export function createRoomState(record: RoomRecord, logSize: number): RoomState {
  return {
    record,
    messages: [],
    members: new Map(),
    log: createEventLog(logSize, record.seq),
    positions: new Map(),
    sent: new Map(),
  }
}

const sentKey = (senderKey: Key, clientId: string) => JSON.stringify([senderKey, clientId])

export function addMessage(room: RoomState, message: MessageRecord): void {
  room.positions.set(keyOf(message.id), room.messages.length)
  room.messages.push(message)
  if (message.clientId !== undefined) room.sent.set(sentKey(message.senderKey, message.clientId), message.id)
}

/** Takes the last one back. */
export function dropMessage(room: RoomState, message: MessageRecord): void {
  room.messages.pop()
  room.positions.delete(keyOf(message.id))
  if (message.clientId !== undefined) room.sent.delete(sentKey(message.senderKey, message.clientId))
}

export function replaceMessage(room: RoomState, message: MessageRecord): void {
  const position = room.positions.get(keyOf(message.id))
  if (position !== undefined) room.messages[position] = message
}

export function findMessage(room: RoomState, id: Id): MessageRecord | undefined {
  const position = room.positions.get(keyOf(id))
  return position === undefined ? undefined : room.messages[position]
}

export function findSent(
  room: RoomState,
  senderKey: Key,
  clientId: string | undefined,
): MessageRecord | undefined {
  const id = clientId === undefined ? undefined : room.sent.get(sentKey(senderKey, clientId))
  return id === undefined ? undefined : findMessage(room, id)
}

export function lastMessage(room: RoomState): MessageRecord | undefined {
  return room.messages.findLast((message) => message.deletedAt === undefined)
}

/** Gives the event its number and keeps it for replay. */
export function numberEvent(room: RoomState, event: RoomEvent): number {
  const seq = room.record.seq + 1
  room.record = { ...room.record, seq }
  room.log.add({ seq, event })
  return seq
}

/** Unread messages: later than the pointer, by someone else, not deleted. */
function countUnread(room: RoomState, member: MemberRecord): { unread: number; mentions: number } {
  const pointer = member.lastReadMessageId === null ? -1 : positionOf(room, member.lastReadMessageId)
  let unread = 0
  let mentions = 0
  for (let index = room.messages.length - 1; index > pointer; index--) {
    const message = room.messages[index]
    if (!message || message.deletedAt !== undefined || message.senderKey === member.userKey) continue
    unread += 1
    if (message.mentions.includes(member.userKey)) mentions += 1
  }
  return { unread, mentions }
}

export function positionOf(room: RoomState, id: Id): number {
  return room.positions.get(keyOf(id)) ?? -1
}

/** The member with counts that fit the messages; the same object when nothing changed. */
export function recountMember(room: RoomState, member: MemberRecord): MemberRecord {
  const { unread, mentions } = countUnread(room, member)
  if (unread === member.unreadCount && mentions === member.mentionCount) return member
  return { ...member, unreadCount: unread, mentionCount: mentions }
}

/** The member after a new message, without looking at the old ones. */
export function countNewMessage(member: MemberRecord, message: MessageRecord): MemberRecord {
  if (message.senderKey === member.userKey) return member
  return {
    ...member,
    unreadCount: member.unreadCount + 1,
    mentionCount: member.mentionCount + (message.mentions.includes(member.userKey) ? 1 : 0),
  }
}
