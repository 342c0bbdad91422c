/** The server's state as plain values, for assertions. Later changes do not reach into it. */
import type { Hub } from './hub.ts'
import { CAPABILITIES } from './levels.ts'
import { keyOf, type MemberRecord } from './records.ts'
import type { RoomState } from './room.ts'
import { viewMessage, viewUser } from './views.ts'
import type { Id, Message, User } from './wire.ts'

export interface ChatServerState {
  readonly epoch: string
  readonly users: readonly User[]
  readonly connections: readonly ConnectionSnapshot[]
  readonly rooms: readonly RoomSnapshot[]
}

export interface ConnectionSnapshot {
  readonly id: string
  readonly endpoint: string
  /** Undefined until it is authenticated. */
  readonly userId: Id | undefined
  /** Rooms whose events it gets. */
  readonly subscriptions: readonly string[]
}

export interface RoomSnapshot {
  readonly id: Id
  readonly name: string
  /** Number of the last event. */
  readonly seq: number
  readonly members: readonly MemberRecord[]
  /** Oldest first, deleted ones included, with every field that any level shows. */
  readonly messages: readonly Message[]
}

export function snapshotState(hub: Hub): ChatServerState {
  return {
    epoch: hub.state.epoch,
    users: [...hub.state.users.values()].map(viewUser),
    connections: [...hub.sessions].map((session) => ({
      id: session.id,
      endpoint: session.endpoint,
      userId: session.user?.id,
      subscriptions: [...session.subscriptions],
    })),
    rooms: [...hub.state.rooms.values()].map((room) => snapshotRoom(hub, room)),
  }
}

function snapshotRoom(hub: Hub, room: RoomState): RoomSnapshot {
  const view = { state: hub.state, capabilities: CAPABILITIES[3], viewerKey: keyOf('') }
  return {
    id: room.record.id,
    name: room.record.name,
    seq: room.record.seq,
    members: [...room.members.values()],
    messages: room.messages.map((message) => viewMessage(message, view)),
  }
}
