/** The rooms of a user, and what is unread in them. Counts are the server's, absolute; nothing is ever added up here. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import {
  type AskOptions,
  type Change,
  compareKeys,
  patch,
  remove,
  type,
  upsert,
} from '../../../query/index.ts'
import { checked } from '../data/fit.ts'
import { MessageDeleted, RoomRemoved, UnreadUpdate as Unread } from '../data/schemas.ts'
import { timeKeyOf } from '../data/time.ts'
import { type ChatRoom, type ChatTypes, type Id, type ReadState, sameId } from '../data/types.ts'
import { type ChatContext, endpointOf, roomChannel, roomsEndpoint } from '../session/context.ts'
import { checkAble } from '../session/level.ts'
import { withName } from '../session/names.ts'
import type { RoomParams } from '../session/roomParams.ts'
import { createSendGate } from '../session/sendGate.ts'
import { withEdit, withoutPreview, withPreview } from './roomPreviews.ts'

export const ROOMS = 'chat.rooms'

export type UnreadUpdate = StandardSchemaV1.InferOutput<typeof Unread>

export function defineRooms<T extends ChatTypes>(context: ChatContext<T>) {
  type R = T['room']
  const { live, roomsLevel: level, schemas } = context
  return live.list(ROOMS, {
    ...roomsEndpoint(context),
    item: schemas.room,
    id: (room) => room.id,
    sort: byActivity,
    version: (room) => room.version ?? undefined,
    merge: (current, next) => ({ ...current, ...next }),
    async snapshot({ request }) {
      const ask = (how?: AskOptions) => allRooms((data) => request('get_rooms', data, how))
      const answer = await level.answer({ endpoint: context.endpoints.rooms, ask })
      const rooms = Array.isArray(answer) ? answer : []
      // Back in a room, one may not have been told.
      for (const row of rooms) {
        const room = roomIn(row)
        if (room) context.membership.added(room.id)
      }
      return rooms
    },
    events: {
      room_added: upsert((event) => roomIn(event) as R | undefined),
      room_updated: upsert((event) => roomIn(event) as R | undefined),
      room_removed: checked(
        RoomRemoved,
        remove((event) => event.room_id),
      ),
      // Where rooms are not reported, their messages are; a replay must not bring an old one back.
      chat_message: (event) => withPreview<R>(event),
      message_updated: (event) => withEdit<R>(event),
      message_deleted: checked(MessageDeleted, (event) => withoutPreview<R>(event)),
      unread_update: checked(
        Unread,
        patch((update) => readFields(update) as Partial<R>),
      ),
    },
  })
}

export type Rooms = ReturnType<typeof defineRooms<ChatTypes>>

export function defineMarkRead(context: ChatContext, rooms: Rooms) {
  const { live, level, names } = context
  const gate = createSendGate(context)
  return live.mutation<{ readonly message_id: Id }, UnreadUpdate | undefined, RoomParams>('chat.markRead', {
    params: type<RoomParams>(),
    // One connection for all: a receipt from the room list is no reason to subscribe the room.
    ...(context.endpoints.room ? roomChannel(context) : roomsEndpoint(context)),
    optimistic: ({ message_id }, { params, status }) =>
      status === 'failed' ? [] : [roomChange(params.roomId, (room) => readUpTo(room, message_id))],
    async request(variables, sending) {
      const { params, request, send, signal } = sending
      const { message_id } = await withName(names, variables, sending)
      const data = { room_id: params.roomId, message_id }
      const endpoint = endpointOf(context.endpoints, params.roomId)
      const ask = (how?: AskOptions) => request('read_receipt', data, how)
      if (!level.isSilent()) {
        return gate.pass(
          { ...params, signal },
          () => level.answer({ endpoint, ask }) as Promise<UnreadUpdate | undefined>,
        )
      }
      await send('read_receipt', data, { latest: `read ${params.roomId}` })
      return undefined
    },
    settle: (update, { message_id }, params) => [
      rooms.patch(
        {},
        update
          ? readFields({ ...update, room_id: params.roomId })
          : { id: params.roomId, last_read_message_id: message_id },
      ),
    ],
  })
}

/** Everything from a message on is unread again, on all of one's devices. */
export function defineMarkUnread(context: ChatContext, rooms: Rooms) {
  return context.live.mutation<{ readonly message_id: Id }, UnreadUpdate, RoomParams>('chat.markUnread', {
    params: type<RoomParams>(),
    ...(context.endpoints.room ? roomChannel(context) : roomsEndpoint(context)),
    validate: () => checkAble(context.level, 'Marking as unread'),
    optimistic: (_variables, { params, status }) =>
      status === 'failed' ? [] : [roomChange(params.roomId, withSomethingUnread)],
    async request(variables, sending) {
      const { message_id } = await withName(context.names, variables, sending)
      const data = { room_id: sending.params.roomId, message_id }
      return (await sending.request('mark_unread', data)) as UnreadUpdate
    },
    settle: (update, _variables, params) => [
      rooms.patch({}, readFields({ ...update, room_id: params.roomId })),
    ],
  })
}

export function roomChange(roomId: Id, change: (room: ChatRoom) => ChatRoom): Change {
  const apply = (rooms: readonly ChatRoom[]) =>
    rooms.map((room) => (sameId(room.id, roomId) ? change(room) : room))
  return { definition: ROOMS, params: {}, op: { kind: 'reduce', apply } }
}

/** How many are left in the middle of a room only the server knows; it says so in a moment. */
function readUpTo(room: ChatRoom, messageId: Id): ChatRoom {
  const isAll = !room.last_message || sameId(room.last_message.id, messageId)
  return {
    ...room,
    last_read_message_id: messageId,
    ...(isAll && { unread_count: 0, mention_count: 0 }),
  }
}

/** As whoever looks at its end has read it, or whoever has read up to a message. */
export function asRead(room: ChatRoom, upTo?: Id): ChatRoom {
  if (upTo !== undefined) return readUpTo(room, upTo)
  return room.unread_count || room.mention_count ? { ...room, unread_count: 0, mention_count: 0 } : room
}

const withSomethingUnread = (room: ChatRoom): ChatRoom => ({
  ...room,
  unread_count: Math.max(1, room.unread_count ?? 0),
})

export function defineJoinRoom(context: ChatContext, rooms: Rooms) {
  return context.live.mutation<{ readonly roomId: Id }, ChatRoom | undefined>('chat.joinRoom', {
    ...roomsEndpoint(context),
    async request({ roomId }, { request }) {
      const room = roomIn(await request('join_room', { room_id: roomId }))
      context.membership.added(roomId)
      return room
    },
    settle: (room) => (room ? [rooms.upsert({}, room)] : []),
  })
}

export function defineLeaveRoom(context: ChatContext, rooms: Rooms) {
  return context.live.mutation<{ readonly roomId: Id }, void>('chat.leaveRoom', {
    ...roomsEndpoint(context),
    optimistic: ({ roomId }, { status }) => (status === 'failed' ? [] : [rooms.remove({}, roomId)]),
    async request({ roomId }, { request }) {
      await request('leave_room', { room_id: roomId })
    },
    settle: (_result, { roomId }) => [rooms.remove({}, roomId)],
  })
}

export function readStateIn(rooms: readonly ChatRoom[], roomId: Id): ReadState {
  const room = rooms.find(({ id }) => sameId(id, roomId))
  return {
    room_id: roomId,
    unread_count: room?.unread_count ?? 0,
    mention_count: room?.mention_count ?? 0,
    last_read_message_id: room?.last_read_message_id ?? null,
  }
}

function readFields({
  room_id,
  unread_count,
  mention_count,
  last_read_message_id,
  version,
}: UnreadUpdate): Partial<ChatRoom> {
  return {
    id: room_id,
    ...(unread_count != null && { unread_count }),
    ...(mention_count != null && { mention_count }),
    ...(last_read_message_id !== undefined && { last_read_message_id }),
    ...(version != null && { version }),
  }
}

/** Last activity first; by id where that is equal, so that rooms never swap places by chance. */
function byActivity(a: ChatRoom, b: ChatRoom): number {
  return compareKeys(activityOf(b), activityOf(a)) || (String(a.id) < String(b.id) ? -1 : 1)
}

/** Rooms in which nothing ever happened are last. */
const activityOf = (room: ChatRoom) => timeKeyOf(room, room.last_activity_at ?? '0001-01-01')

/** A server that pages its room list is asked until it has no more. */
async function allRooms(ask: (data: unknown) => Promise<unknown>): Promise<unknown[]> {
  const rooms: unknown[] = []
  let cursor: unknown
  for (let page = 0; page < 100; page++) {
    const answer = (await ask({ ...(cursor !== undefined && { cursor }), limit: 100 })) as {
      rooms?: unknown[]
      next_cursor?: unknown
    }
    for (const room of Array.isArray(answer) ? answer : (answer.rooms ?? [])) rooms.push(room)
    cursor = answer.next_cursor ?? undefined
    if (cursor === undefined) break
  }
  return rooms
}

function roomIn(event: unknown): ChatRoom | undefined {
  const { room } = (event ?? {}) as { room?: unknown }
  const candidate = typeof room === 'object' && room !== null ? room : event
  return typeof candidate === 'object' && candidate !== null && 'id' in candidate
    ? (candidate as ChatRoom)
    : undefined
}
