/** Snapshots: rooms, members, pages of messages. */

import { RequestError } from '../../../server/requestError.ts'
import { readId, readLimit, readOptionalId, readOptionalString } from '../fields.ts'
import { DEFAULT_PAGE_SIZE, type HistoryAnchor, MAX_PAGE_SIZE, readHistory } from '../history.ts'
import { type Call, type Handler, type Hub, viewFor } from '../hub.ts'
import { keyOf } from '../records.ts'
import { findMessage, type RoomState } from '../room.ts'
import { requireMembership } from '../roomAccess.ts'
import { viewMember, viewMessage, viewRoom } from '../views.ts'
import type { Fields } from '../wire.ts'

/** The snapshot's place among the room's events: it holds every event up to `as_of` and none after it. */
const positionOfSnapshot = (hub: Hub, room: RoomState) =>
  hub.capabilities.positions ? { as_of: room.record.seq, epoch: hub.state.epoch } : {}

export const getHistory: Handler = (hub, call) => {
  const { room } = requireMembership(hub, call)
  const limit = readLimit(call.data, { fallback: DEFAULT_PAGE_SIZE, max: MAX_PAGE_SIZE })
  const page = readHistory(room, readAnchor(room, call.data), limit)
  const view = viewFor(hub, keyOf(call.user.id))
  return {
    messages: page.messages.map((message) => viewMessage(message, view)),
    has_older: page.hasOlder,
    has_newer: page.hasNewer,
    ...positionOfSnapshot(hub, room),
  }
}

function readAnchor(room: RoomState, data: Fields): HistoryAnchor {
  const kinds = (['before', 'after', 'around'] as const).filter(
    (kind) => readOptionalId(data, kind) !== undefined,
  )
  const [kind] = kinds
  if (kind === undefined) return { kind: 'newest' }
  if (kinds.length > 1) throw new RequestError('invalid', `Only one of ${kinds.join(', ')} can be given`)
  const id = readId(data, kind)
  if (!findMessage(room, id)) throw new RequestError('not_found', `There is no message "${id}" to page from`)
  return { kind, id }
}

export const getMembers: Handler = (hub, call) => {
  const { room } = requireMembership(hub, call)
  const members = [...room.members.values()].map((member) => viewMember(member, hub.state))
  return { members, ...positionOfSnapshot(hub, room) }
}

export const getRooms: Handler = (hub, call) => {
  const limit = readLimit(call.data, { fallback: DEFAULT_PAGE_SIZE, max: MAX_PAGE_SIZE })
  const cursor = readOptionalString(call.data, 'cursor')
  const own = roomsOf(hub, call)
  const following = cursor === undefined ? own : own.filter((room) => sortKey(room) < cursor)
  const page = following.slice(0, limit)
  const last = page.at(-1)
  return {
    rooms: page.map((room) => viewRoom(room, viewFor(hub, keyOf(call.user.id)))),
    next_cursor: last !== undefined && following.length > page.length ? sortKey(last) : null,
  }
}

/** Last active first. */
function roomsOf(hub: Hub, { user }: Call): RoomState[] {
  const own = [...hub.state.rooms.values()].filter((room) => room.members.has(keyOf(user.id)))
  return own.sort((a, b) => (sortKey(a) < sortKey(b) ? 1 : -1))
}

/** Doubles as the cursor: a position in the order, not a count, so rooms that move meanwhile shift nothing. */
const sortKey = ({ record }: RoomState): string => `${record.lastActivityAt} ${record.id}`
