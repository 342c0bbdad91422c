/** Subscribing, joining, leaving, and catching up after an absence. */

import { RequestError } from '../../../server/requestError.ts'
import { readId } from '../fields.ts'
import { type Call, type Handler, type Hub, subscribe, viewFor } from '../hub.ts'
import { notifyUser, publishRoomChange, publishRoomEvent, roomState, saveMember } from '../publish.ts'
import { type Key, keyOf, type MemberRecord, type NumberedEvent, type UserRecord } from '../records.ts'
import { findMessage, lastMessage, type RoomState } from '../room.ts'
import { requireMembership, requireRoom } from '../roomAccess.ts'
import { roomFrame } from '../roomFrame.ts'
import { viewCursor, viewRoom, viewRoomEvent } from '../views.ts'
import { type Fields, isFields, isId } from '../wire.ts'

/** Events from now on; what was missed before is the business of `sync`. */
export const subscribeRoom: Handler = (hub, call) => {
  const { room } = requireMembership(hub, call)
  if (call.session) subscribe(hub, call.session, keyOf(room.record.id))
  return viewCursor(room, hub)
}

/** Leaves a room endpoint's own room alone: there, being connected is the subscription. */
export const unsubscribeRoom: Handler = (_hub, { data, session }) => {
  const key = keyOf(readId(data, 'room_id'))
  if (session && session.roomKey !== key) session.subscriptions.delete(key)
  return {}
}

export const joinRoom: Handler = (hub, call) => {
  const room = requireRoom(hub, call)
  const userKey = keyOf(call.user.id)
  if (!room.members.has(userKey)) {
    if (room.record.kind === 'direct') {
      throw new RequestError('forbidden', 'A direct conversation cannot be joined')
    }
    addMember(hub, room, call.user)
  }
  return { room: viewRoom(room, viewFor(hub, userKey)) }
}

export function addMember(hub: Hub, room: RoomState, user: UserRecord): void {
  const member: MemberRecord = {
    userKey: keyOf(user.id),
    role: 'member',
    joinedAt: hub.timestamp(),
    // What was said before one came does not count as unread.
    lastReadMessageId: lastMessage(room)?.id ?? null,
    unreadCount: 0,
    mentionCount: 0,
    version: 1,
  }
  saveMember(hub, room, member)
  resubscribeUser(hub, member.userKey, keyOf(room.record.id))
  publishRoomEvent(hub, room, { type: 'member_joined', member })
  const frame = roomState(hub, room, { type: 'room_added', viewerKey: member.userKey })
  notifyUser(hub, member.userKey, { room, frame })
  publishRoomChange(hub, room)
}

export const leaveRoom: Handler = (hub, call) => {
  const { room, member } = requireMembership(hub, call)
  removeMember(hub, room, { member, reason: 'left' })
  return {}
}

export function removeMember(
  hub: Hub,
  room: RoomState,
  { member, reason }: { member: MemberRecord; reason: string },
): void {
  const roomKey = keyOf(room.record.id)
  const before = [...room.members]
  room.members.delete(member.userKey)
  hub.change({ type: 'member_removed', roomId: room.record.id, userKey: member.userKey }, () => {
    // All of them again, so that they stand in their order.
    room.members.clear()
    for (const [key, each] of before) room.members.set(key, each)
  })
  unsubscribeUser(hub, member.userKey, roomKey)
  publishRoomEvent(hub, room, { type: 'member_left', member })
  const frame = roomFrame('room_removed', room, { room_id: room.record.id, reason })
  notifyUser(hub, member.userKey, { room, frame })
  publishRoomChange(hub, room)
}

function unsubscribeUser(hub: Hub, userKey: Key, roomKey: Key): void {
  for (const session of hub.sessions) {
    if (!session.user || keyOf(session.user.id) !== userKey) continue
    if (session.subscriptions.delete(roomKey)) hub.onUndo(() => session.subscriptions.add(roomKey))
  }
}

/** Someone who left and comes back may still be connected to the room's own endpoint. */
function resubscribeUser(hub: Hub, userKey: Key, roomKey: Key): void {
  for (const session of hub.sessions) {
    const isTheirs = session.user && keyOf(session.user.id) === userKey
    if (isTheirs && session.roomKey === roomKey) subscribe(hub, session, roomKey)
  }
}

/**
 * Subscribes every room it names and hands over what was missed, in one reply, so that nothing falls between the two.
 */
export const sync: Handler = (hub, call) => {
  const { rooms } = call.data
  if (!isFields(rooms)) throw new RequestError('invalid', '"rooms" must map room ids to positions')
  const asked = Object.entries(rooms)
  if (asked.length > MAX_SYNC_ROOMS) {
    throw new RequestError('too_many', `At most ${MAX_SYNC_ROOMS} rooms at once`)
  }
  let left = MAX_SYNC_SIZE
  const entries = asked.map(([id, position]) => {
    const room = hub.state.rooms.get(id)
    if (!room?.members.has(keyOf(call.user.id))) return [id, GONE] as const
    if (call.session) subscribe(hub, call.session, id)
    const found = missedSince(hub, room, isFields(position) ? position : {})
    const size = found ? sizeOf(found) : 0
    const missed = size <= left ? found : undefined
    left -= missed ? size : 0
    return [id, catchUp(hub, room, { call, missed })] as const
  })
  return { rooms: Object.fromEntries(entries) }
}

/** A small request must not make an answer of any size: the rooms after that take a new snapshot. */
const MAX_SYNC_SIZE = 5000
const MAX_SYNC_ROOMS = 1000

/** In events of half a thousand characters. */
const sizeOf = (found: readonly NumberedEvent[]) =>
  found.reduce((sum, { event }) => sum + Math.ceil(JSON.stringify(event).length / 512), 0)

/** Left, or thrown out, while away. */
const GONE = {
  events: [],
  complete: false,
  error: { code: 'not_member', message: 'You are not in this room', retryable: false },
}

interface Missed {
  readonly call: Call
  /** Undefined where it is not known, or too much. */
  readonly missed: readonly NumberedEvent[] | undefined
}

function catchUp(hub: Hub, room: RoomState, { call, missed }: Missed): object {
  const view = viewFor(hub, keyOf(call.user.id))
  const events = (missed ?? []).map(({ seq, event }) => viewRoomEvent(room, event, { ...view, seq }))
  return { events, complete: missed !== undefined, ...viewCursor(room, hub) }
}

function missedSince(hub: Hub, room: RoomState, { seq, epoch, message_id }: Fields) {
  if (epoch !== undefined && epoch !== hub.state.epoch) return undefined
  if (typeof seq === 'number' && !Number.isSafeInteger(seq)) return undefined
  if (typeof seq === 'number') return epoch === undefined ? undefined : room.log.since(seq)
  const message = isId(message_id) ? findMessage(room, message_id) : undefined
  return message && room.log.since(message.seq)
}
