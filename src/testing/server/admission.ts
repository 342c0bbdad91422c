/** Lets an authenticated connection in: which rooms it hears, what it is told first. */
import type { Hub } from './hub.ts'
import { announceArrival, connectionsOf } from './presence.ts'
import { saveMember } from './publish.ts'
import { type Key, keyOf } from './records.ts'
import { createRoomState, type RoomState } from './room.ts'
import type { Session } from './session.ts'
import { viewCursor, viewUser } from './views.ts'
import { isId, type User } from './wire.ts'

const FORBIDDEN = 4003
const RATE_LIMITED = 4029
/** Of those that only exist because somebody has named them. */
const MAX_NAMED_ROOMS = 1000

export function admit(hub: Hub, session: Session, user: User): void {
  if (connectionsOf(hub, keyOf(user.id)) >= hub.limits.connectionsPerUser) {
    hub.close(session, RATE_LIMITED, '{"retry_after_ms":10000}')
    return
  }
  const known = hub.state.users.get(keyOf(user.id)) ?? addUser(hub, user)
  // An address without a readable name is not let in at all.
  const roomKey = session.roomKey ?? undefined
  if (roomKey !== undefined) {
    const room = hub.state.rooms.get(roomKey) ?? openRoom(hub, roomKey)
    if (!room?.members.has(keyOf(user.id))) {
      hub.close(session, FORBIDDEN, 'not a member of this room')
      return
    }
    session.subscriptions.add(roomKey)
  }
  session.user = known
  session.phase = 'ready'
  hub.emitStored({ type: 'authenticated', connectionId: session.id, userId: user.id })
  if (hub.level === 0) subscribeOwnRooms(hub, session)
  welcome(hub, session, user)
}

function welcome(hub: Hub, session: Session, user: User): void {
  hub.send(session, welcomeFrame(hub, session, user), 'control')
  announceArrival(hub, session)
}

const welcomeFrame = (hub: Hub, session: Session, user: User) => ({
  type: 'welcome',
  data: {
    connection_id: session.id,
    user: viewUser(user),
    server_time: hub.now(),
    batch: true,
    level: hub.level,
    ...(hub.capabilities.sequence ? { heads: true } : {}),
    ...ownRoomPosition(hub, session),
  },
})

/** On a room's own endpoint nothing is subscribed, so there is no reply to hold where the room stands. */
function ownRoomPosition(hub: Hub, { roomKey }: Session): object {
  const room = roomKey ? hub.state.rooms.get(roomKey) : undefined
  return room ? { room_id: room.record.id, ...viewCursor(room, hub) } : {}
}

function addUser(hub: Hub, user: User): User {
  const key = keyOf(user.id)
  hub.state.users.set(key, user)
  hub.change({ type: 'user', user }, () => hub.state.users.delete(key))
  return user
}

/** A level 0 consumer has a group per room name and no list of rooms: whoever connects is in. */
function openRoom(hub: Hub, key: Key): RoomState | undefined {
  if (hub.level > 0 || !isId(key) || hub.state.rooms.size >= MAX_NAMED_ROOMS) return undefined
  const now = hub.timestamp()
  const room = createRoomState({ id: key, name: key, kind: 'group', seq: 0, lastActivityAt: now }, 1)
  hub.state.rooms.set(key, room)
  hub.change({ type: 'room', room: room.record }, () => hub.state.rooms.delete(key))
  for (const userKey of hub.state.users.keys()) {
    saveMember(hub, room, {
      userKey,
      role: 'member',
      joinedAt: now,
      lastReadMessageId: null,
      unreadCount: 0,
      mentionCount: 0,
      version: 1,
    })
  }
  return room
}

/** Level 0 has no `subscribe_room`: a connection to any other endpoint hears all rooms of its user. */
function subscribeOwnRooms(hub: Hub, session: Session): void {
  if (session.roomKey !== undefined) return
  for (const [key, room] of hub.state.rooms) {
    if (session.user && room.members.has(keyOf(session.user.id))) session.subscriptions.add(key)
  }
}
