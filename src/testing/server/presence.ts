/** Who is online: whoever has at least one connection. Told to those who share a room with them. */

import { RequestError } from '../../server/requestError.ts'
import type { Hub } from './hub.ts'
import { userKeyOf } from './publish.ts'
import { type Key, keyOf, type UserRecord } from './records.ts'
import { isReady, type Session } from './session.ts'
import type { ServerFrame } from './wire.ts'

type Status = 'online' | 'offline'

const userStatus = (user: UserRecord, status: Status): ServerFrame => ({
  type: 'user_status',
  data: {
    user_id: user.id,
    status,
    ...(user.lastSeenAt === undefined ? {} : { last_seen_at: user.lastSeenAt }),
  },
})

/** Tells a new connection who is there, and everyone else that its user is, if this is the first one. */
export function announceArrival(hub: Hub, session: Session): void {
  const user = session.user
  if (!user || !hub.capabilities.session) return
  const isFirst = connectionsOf(hub, keyOf(user.id)) === 1
  if (isFirst) publishStatus(hub, user, 'online')
  for (const key of onlineKeys(hub)) {
    const other = hub.state.users.get(key)
    if (other && key !== keyOf(user.id) && isInterested(hub, session, key)) {
      hub.send(session, userStatus(other, 'online'))
    }
  }
}

/** Tells everyone when the last connection of a user is gone. */
export function announceDeparture(hub: Hub, user: UserRecord): void {
  if (!hub.capabilities.session || connectionsOf(hub, keyOf(user.id)) > 0) return
  const left: UserRecord = { ...user, lastSeenAt: hub.timestamp() }
  rememberUser(hub, left)
  publishStatus(hub, left, 'offline')
}

/** They are gone whether that can be stored or not; a failure has been told by then. */
function rememberUser(hub: Hub, user: UserRecord): void {
  const { users } = hub.state
  const key = keyOf(user.id)
  const before = users.get(key)
  try {
    hub.atomically(() => {
      users.set(key, user)
      hub.change({ type: 'user', user }, () => (before ? users.set(key, before) : users.delete(key)))
    })
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
  }
}

function publishStatus(hub: Hub, user: UserRecord, status: Status): void {
  const key = keyOf(user.id)
  for (const session of hub.sessions) {
    if (isReady(session) && userKeyOf(session) !== key && isInterested(hub, session, key)) {
      hub.send(session, userStatus(user, status))
    }
  }
}

/** On a room's own endpoint the people of that room, elsewhere those of all rooms of the viewer. */
function isInterested(hub: Hub, session: Session, userKey: Key): boolean {
  const viewerKey = userKeyOf(session)
  for (const [roomKey, room] of hub.state.rooms) {
    if (session.roomKey && session.roomKey !== roomKey) continue
    if (room.members.has(userKey) && room.members.has(viewerKey)) return true
  }
  return false
}

function onlineKeys(hub: Hub): Set<Key> {
  return new Set([...hub.sessions].filter(isReady).map(userKeyOf))
}

export function connectionsOf(hub: Hub, userKey: Key): number {
  let count = 0
  for (const session of hub.sessions) if (isReady(session) && userKeyOf(session) === userKey) count += 1
  return count
}
