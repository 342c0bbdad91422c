/** What a test, a story or an admin does to the server from its own side, without a connection. */

import { loadRoom } from './chatState.ts'
import { own } from './dispatch.ts'
import { HANDLERS } from './handlers/handlers.ts'
import { addMember, removeMember } from './handlers/roomHandlers.ts'
import type { Hub } from './hub.ts'
import type { Lines } from './line/createLines.ts'
import { notifyUser, roomState, saveMember } from './publish.ts'
import { keyOf, type UserRecord } from './records.ts'
import type { RoomState } from './room.ts'
import { type MessageSeed, type RoomSeed, roomFromSeed } from './seeds.ts'
import { type ChatServerState, snapshotState } from './snapshotState.ts'
import { viewUser } from './views.ts'
import type { Fields, Id, Message, User } from './wire.ts'

export type InjectedMessage = Pick<
  MessageSeed,
  'sender' | 'content' | 'client_id' | 'reply_to_id' | 'attachments' | 'metadata'
>

export interface Operator {
  /** A member says something, as if they had sent it from elsewhere. @throws RequestError as a client would be refused */
  inject(roomId: Id, message: InjectedMessage): Message
  /** Any other frame in a user's name; returns what the reply would hold. */
  act(userId: Id, type: string, data: Fields): unknown
  /** Its members get `room_added`. */
  createRoom(seed: RoomSeed): void
  join(roomId: Id, userId: Id): void
  /** The user gets `room_removed` with the reason. @default reason 'removed' */
  remove(roomId: Id, userId: Id, reason?: string): void
  /** A `notification` with your own data, to one user or to all. */
  notify(data: unknown, to?: { readonly userId: Id }): void
  /** An event of your own protocol, to every connection or to those whose endpoint fits. */
  broadcast(type: string, data: unknown, to?: { readonly endpoint: string }): void
  /** Asks every client to move to a new connection, and closes the old ones with 1012 after `closeAfterMs`. */
  drain(options?: { readonly retryAfterMs?: number; readonly closeAfterMs?: number }): void
  /** Tells clients that what they have of a room (or of all rooms) may be wrong. */
  requireResync(options?: { readonly roomId?: Id; readonly reason?: string }): void
  users(): readonly User[]
  /** A snapshot for assertions. */
  state(): ChatServerState
}

export interface OperatorParts {
  readonly hub: Hub
  readonly lines: Lines
  readonly logSize: number
  setTimer(callback: () => void, delayMs: number): () => void
}

export function createOperator(parts: OperatorParts): Operator {
  const { hub } = parts
  const work = <Result>(run: () => Result): Result =>
    parts.lines.turn(() => hub.turn(() => hub.atomically(run)))
  const act = (userId: Id, type: string, data: Fields) => work(() => actAs(hub, userId, { type, data }))
  return {
    act,
    inject: (roomId, { sender, content, ...rest }) => {
      const reply = act(sender, 'chat_message', { room_id: roomId, message: content, ...rest })
      return (reply as { message: Message }).message
    },
    createRoom: (seed) => work(() => createRoom(parts, seed)),
    join: (roomId, userId) => work(() => addMember(hub, roomNamed(hub, roomId), userNamed(hub, userId))),
    remove: (roomId, userId, reason = 'removed') =>
      work(() => {
        const room = roomNamed(hub, roomId)
        const member = room.members.get(keyOf(userId))
        if (member) removeMember(hub, room, { member, reason })
      }),
    ...createAnnouncements(parts),
    users: () => [...hub.state.users.values()].map(viewUser),
    state: () => snapshotState(hub),
  }
}

function actAs(hub: Hub, userId: Id, { type, data }: { type: string; data: Fields }): unknown {
  const handler = own(HANDLERS, type)
  if (!handler) throw new Error(`No frame type "${type}"`)
  return handler(hub, { data, user: userNamed(hub, userId), session: undefined })
}

function createRoom({ hub, logSize }: OperatorParts, seed: RoomSeed): void {
  const stored = roomFromSeed(seed, [...hub.state.users.values()], {
    nowMs: hub.now(),
    createMessageId: hub.state.createMessageId,
  })
  const room = loadRoom(stored, logSize)
  const { rooms } = hub.state
  const key = keyOf(seed.id)
  const before = rooms.get(key)
  rooms.set(key, room)
  hub.change({ type: 'room', room: room.record }, () => (before ? rooms.set(key, before) : rooms.delete(key)))
  for (const message of stored.messages) hub.change({ type: 'message', message }, () => undefined)
  for (const member of stored.members) {
    saveMember(hub, room, member)
    const frame = roomState(hub, room, { type: 'room_added', viewerKey: member.userKey })
    notifyUser(hub, member.userKey, { room, frame })
  }
}

function createAnnouncements({
  lines,
  setTimer,
}: OperatorParts): Pick<Operator, 'notify' | 'broadcast' | 'drain' | 'requireResync'> {
  return {
    notify: (data, to) =>
      lines.send(
        { type: 'notification', data },
        ({ userId }) => !to || keyOf(userId ?? '') === keyOf(to.userId),
      ),
    broadcast: (type, data, to) =>
      lines.send({ type, data }, ({ endpoint }) => !to || endpoint === to.endpoint),
    drain: ({ retryAfterMs = 0, closeAfterMs = 5_000 } = {}) => {
      const leaving = [...lines.all]
      lines.send({ type: 'draining', data: { retry_after_ms: retryAfterMs } })
      setTimer(() => {
        for (const line of leaving) lines.end(line, 1012, 'drained')
      }, closeAfterMs)
    },
    requireResync: ({ roomId, reason = 'requested' } = {}) =>
      lines.send({
        type: 'resync_required',
        data: { ...(roomId === undefined ? {} : { room_id: roomId }), reason },
      }),
  }
}

function roomNamed(hub: Hub, id: Id): RoomState {
  const room = hub.state.rooms.get(keyOf(id))
  if (!room) throw new Error(`There is no room "${id}" on the test server; add it to the rooms option`)
  return room
}

function userNamed(hub: Hub, id: Id): UserRecord {
  const user = hub.state.users.get(keyOf(id))
  if (!user) throw new Error(`There is no user "${id}" on the test server; add it to the users option`)
  return user
}
