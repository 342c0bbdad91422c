/** Read pointers, typing, heartbeat: what says where people are. */

import { RequestError } from '../../../server/requestError.ts'
import { readBoolean, readId } from '../fields.ts'
import type { Call, Handler, Hub } from '../hub.ts'
import { publishPassing, publishReadState, saveMember } from '../publish.ts'
import type { MemberRecord, MessageRecord } from '../records.ts'
import { findMessage, positionOf, type RoomState, recountMember } from '../room.ts'
import { requireMembership } from '../roomAccess.ts'
import { roomFrame } from '../roomFrame.ts'
import type { Session } from '../session.ts'
import { viewCursor, viewReadState, viewUser } from '../views.ts'
import { isId } from '../wire.ts'

/**
 * Pointers only move forward, over deleted messages too: somebody may delete what another one is just reading. A receipt
 * for something older is answered with how things stand.
 */
export const readReceipt: Handler = (hub, call) => {
  const { room, member, message } = readTarget(hub, call)
  if (!isAhead(room, member, message)) return viewReadState(room, member)
  const moved = { ...member, lastReadMessageId: message.id, readAt: hub.timestamp() }
  const next = movePointer(hub, room, moved)
  publishReceipt(hub, room, next)
  return viewReadState(room, next)
}

/**
 * The one move backwards, and only one's own: everything from this message on is unread again. Others are not told.
 * What is unread already stays as it is: the pointer would move over what nobody has read.
 */
export const markUnread: Handler = (hub, call) => {
  const { room, member, message } = readTarget(hub, call)
  if (isAhead(room, member, message)) return viewReadState(room, member)
  const before = room.messages[positionOf(room, message.id) - 1]
  return viewReadState(room, movePointer(hub, room, { ...member, lastReadMessageId: before?.id ?? null }))
}

function readTarget(hub: Hub, call: Call) {
  const { room, member } = requireMembership(hub, call)
  const message = findMessage(room, readId(call.data, 'message_id'))
  if (!message) throw new RequestError('not_found', `There is no such message in room "${room.record.id}"`)
  return { room, member, message }
}

function movePointer(hub: Hub, room: RoomState, moved: MemberRecord): MemberRecord {
  const next = saveMember(hub, room, { ...recountMember(room, moved), version: moved.version + 1 })
  publishReadState(hub, room, next)
  return next
}

const isAhead = (room: RoomState, { lastReadMessageId }: MemberRecord, message: MessageRecord): boolean =>
  lastReadMessageId === null || positionOf(room, message.id) > positionOf(room, lastReadMessageId)

function publishReceipt(hub: Hub, room: RoomState, member: MemberRecord): void {
  const user = hub.state.users.get(member.userKey)
  publishPassing(hub, room, {
    frame: roomFrame('read_receipt', room, {
      room_id: room.record.id,
      user_id: user?.id ?? member.userKey,
      message_id: member.lastReadMessageId,
      read_at: member.readAt,
    }),
  })
}

/** Volatile, so there is no reply, and the one who types does not hear it back. */
export const typingIndicator: Handler = (hub, call) => {
  const { room } = requireMembership(hub, call)
  const is_typing = readBoolean(call.data, 'is_typing')
  publishPassing(hub, room, {
    frame: roomFrame('typing_indicator', room, {
      room_id: room.record.id,
      user: viewUser(call.user),
      is_typing,
    }),
    except: call.session,
  })
  return undefined
}

/** A pong is a frame of its own, not a reply: level 0 has it too. */
export const ping: Handler = (hub, { data, session }) => {
  const { timestamp } = data
  const own = isId(timestamp) ? { timestamp } : {}
  const time = hub.capabilities.session ? { server_time: hub.now() } : {}
  if (session)
    hub.send(session, { type: 'pong', data: { ...own, ...time, ...headsFor(hub, session) } }, 'control')
  return undefined
}

/** Where the rooms of this connection stand, as stored; only those that have moved since it was last told. */
function headsFor(hub: Hub, { subscriptions, toldHeads }: Session): object {
  if (!hub.capabilities.sequence) return {}
  const heads = [...subscriptions].flatMap((key) => {
    const room = hub.state.rooms.get(key)
    return room ? [[key, viewCursor(room, hub)] as const] : []
  })
  const moved = heads.filter(([key, head]) => toldHeads.get(key) !== JSON.stringify(head))
  for (const [key, head] of moved) toldHeads.set(key, JSON.stringify(head))
  return { heads: Object.fromEntries(moved) }
}
