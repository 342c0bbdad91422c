/** What a test, a story or an admin does to the server from its own side, without a connection: at once. */
import { addMember, removeMember } from '../../../server/chat/domain/members.ts'
import { viewUser } from '../../../server/chat/domain/views.ts'
import { findRoom } from '../../../server/chat/domain/work.ts'
import { keyOf } from '../../../server/chat/tables/chatTables.ts'
import type { Lines } from '../line/createLines.ts'
import { answerAt, isHidden } from '../line/levels.ts'
import { type MessageSeed, plantRoom, type RoomSeed, tellMembers } from '../seeds.ts'
import { type ChatLevel, type Fields, type Id, isFields, type Message, type User } from '../wire.ts'
import { actAs } from './acts.ts'
import type { ChatNow } from './chatNow.ts'
import { type ChatServerState, snapshotState } from './snapshotState.ts'

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
  readonly chat: ChatNow
  readonly lines: Lines
  readonly level: ChatLevel
  setTimer(callback: () => void, delayMs: number): () => void
}

export function createOperator(parts: OperatorParts): Operator {
  const { chat, lines, level } = parts
  const work: ChatNow['write'] = (steps) => lines.turn(() => chat.write(steps))
  const act = (userId: Id, type: string, data: Fields) => {
    const reply = lines.turn(() => actAs(chat, { type, user: userNamed(chat, userId), data }))
    return isFields(reply) && isHidden(level, type) ? answerAt(level, reply) : reply
  }
  return {
    act,
    inject: (roomId, { sender, content, ...rest }) => {
      const reply = act(sender, 'chat_message', { room_id: roomId, message: content, ...rest })
      return (reply as { message: Message }).message
    },
    createRoom: (seed) =>
      work(function* (at) {
        const room = yield* plantRoom(at, seed, chat.users())
        yield* tellMembers(at, room)
      }),
    join: (roomId, userId) => {
      const { body } = userNamed(chat, userId)
      work((at) => addMember(at, roomNamed(chat, roomId).body.id, body))
    },
    remove: (roomId, userId, reason = 'removed') => {
      roomNamed(chat, roomId)
      work(function* (at) {
        const room = yield* findRoom(at, roomId)
        yield* removeMember(at, room, { user: keyOf(userId), reason })
      })
    },
    ...createAnnouncements(parts),
    users: () => chat.users().map(viewUser),
    state: () => snapshotState(chat, lines),
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

function roomNamed(chat: ChatNow, id: Id) {
  const room = chat.rooms().find(({ key }) => key === keyOf(id))
  if (!room) throw new Error(`There is no room "${id}" on the test server; add it to the rooms option`)
  return room
}

function userNamed(chat: ChatNow, id: Id) {
  const user = chat.users().find(({ key }) => key === keyOf(id))
  if (!user) throw new Error(`There is no user "${id}" on the test server; add it to the users option`)
  return user
}
