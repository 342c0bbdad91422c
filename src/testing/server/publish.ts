/** Who hears of what. Rooms speak to their subscribers, users hear about all their rooms, wherever they look. */
import { type Hub, isSubscribed, viewFor } from './hub.ts'
import { type Key, keyOf, type MemberRecord, type RoomEvent } from './records.ts'
import { numberEvent, type RoomState } from './room.ts'
import { roomFrame } from './roomFrame.ts'
import { isReady, type Session } from './session.ts'
import { viewReadState, viewRoom, viewRoomEvent } from './views.ts'
import type { ServerFrame } from './wire.ts'

/** An event of the room's numbered history. */
export function publishRoomEvent(hub: Hub, room: RoomState, event: RoomEvent): void {
  const { record } = room
  const seq = numberEvent(room, event)
  hub.change({ type: 'room', room: room.record }, () => {
    room.record = record
    room.log.takeBack()
  })
  for (const session of subscribersOf(hub, room)) {
    hub.send(session, viewRoomEvent(room, event, { ...viewFor(hub, userKeyOf(session)), seq }))
  }
}

/** Something passing (typing, a receipt): no number, no replay. */
export function publishPassing(
  hub: Hub,
  room: RoomState,
  { frame, except }: { frame: ServerFrame; except?: Session | undefined },
): void {
  for (const session of subscribersOf(hub, room)) {
    if (session !== except) hub.send(session, frame)
  }
}

/**
 * After a change of what the room list shows: every member's view of the room gets a new version, and every member's
 * devices get the room as they see it. Where `recount` moved a member's unread counts they get these as well.
 */
export function publishRoomChange(
  hub: Hub,
  room: RoomState,
  recount: (member: MemberRecord) => MemberRecord = (member) => member,
): void {
  for (const member of [...room.members.values()]) {
    const counted = recount(member)
    const next = saveMember(hub, room, { ...counted, version: counted.version + 1 })
    notifyUser(hub, member.userKey, {
      room,
      frame: roomState(hub, room, { type: 'room_updated', viewerKey: member.userKey }),
    })
    if (counted !== member) publishReadState(hub, room, next)
  }
}

/** To all devices of the member, the acting one included. */
export function publishReadState(hub: Hub, room: RoomState, member: MemberRecord): void {
  notifyUser(hub, member.userKey, {
    room,
    frame: roomFrame('unread_update', room, viewReadState(room, member)),
  })
}

/** The room as this user sees it. */
export const roomState = (
  hub: Hub,
  room: RoomState,
  { type, viewerKey }: { type: 'room_added' | 'room_updated'; viewerKey: Key },
): ServerFrame => roomFrame(type, room, { room: viewRoom(room, viewFor(hub, viewerKey)) })

/**
 * An event for one user about one room: heard on the connections that are for everything, and on those of the room's
 * own endpoint. Level 0 has no such events.
 */
export function notifyUser(
  hub: Hub,
  userKey: Key,
  { room, frame }: { room?: RoomState; frame: ServerFrame },
): void {
  if (!hub.capabilities.session) return
  for (const session of hub.sessions) {
    if (!isReady(session) || userKeyOf(session) !== userKey) continue
    if (!session.roomKey || !room || session.roomKey === keyOf(room.record.id)) {
      hub.send(session, frame)
    }
  }
}

export function saveMember(hub: Hub, room: RoomState, member: MemberRecord): MemberRecord {
  const before = room.members.get(member.userKey)
  room.members.set(member.userKey, member)
  hub.change({ type: 'member', roomId: room.record.id, member }, () => {
    if (before) room.members.set(member.userKey, before)
    else room.members.delete(member.userKey)
  })
  return member
}

export const userKeyOf = (session: Session): Key => keyOf(session.user?.id ?? '')

function* subscribersOf(hub: Hub, room: RoomState): Generator<Session> {
  for (const session of hub.sessions) {
    if (isReady(session) && isSubscribed(session, room)) yield session
  }
}
