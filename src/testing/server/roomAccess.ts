/** Which room a call is about, and whether the caller may touch it. */

import { RequestError } from '../../server/requestError.ts'
import { readId } from './fields.ts'
import type { Call, Hub } from './hub.ts'
import { type Key, keyOf, type MemberRecord, type MessageRecord } from './records.ts'
import { findMessage, type RoomState } from './room.ts'

/** `room_id`, or the room of the endpoint when the frame names none. */
export function requireRoom(hub: Hub, { data, session }: Call): RoomState {
  const key: Key =
    session?.roomKey && data.room_id === undefined ? session.roomKey : keyOf(readId(data, 'room_id'))
  const room = hub.state.rooms.get(key)
  if (!room) throw new RequestError('not_found', `There is no room "${key}"`)
  return room
}

export interface Membership {
  readonly room: RoomState
  readonly member: MemberRecord
}

export function requireMembership(hub: Hub, call: Call): Membership {
  const room = requireRoom(hub, call)
  const member = room.members.get(keyOf(call.user.id))
  if (!member) throw new RequestError('not_member', `You are not in room "${room.record.id}"`)
  return { room, member }
}

/** The message that `message_id` names, unless it was deleted. */
export function requireMessage(room: RoomState, call: Call): MessageRecord {
  const id = readId(call.data, 'message_id')
  const message = findMessage(room, id)
  if (!message || message.deletedAt !== undefined) {
    throw new RequestError('not_found', `There is no message "${id}" in room "${room.record.id}"`)
  }
  return message
}
