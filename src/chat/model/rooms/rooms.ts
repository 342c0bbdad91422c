/** The rooms of a user. Counts are the server's, absolute; nothing is ever added up here. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { MessageDeleted, RoomRemoved, UnreadUpdate as Unread } from '../../../frames/index.ts'
import { type AskOptions, type Change, compareKeys, patch, remove, upsert } from '../../../query/index.ts'
import { LiveError } from '../../../transport/index.ts'
import { checked } from '../data/fit.ts'
import { timeKeyOf } from '../data/time.ts'
import { toldIn } from '../data/toldIn.ts'
import { type ChatRoom, type ChatTypes, type Id, sameId } from '../data/types.ts'
import { type ChatContext, roomsEndpoint } from '../session/context.ts'
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
      for (const row of rooms) context.membership.added(toldIn(row, 'room')?.id)
      return rooms
    },
    events: {
      room_added: upsert((event) => toldIn(event, 'room') as R | undefined),
      room_updated: upsert((event) => toldIn(event, 'room') as R | undefined),
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

export function roomChange(roomId: Id, change: (room: ChatRoom) => ChatRoom): Change {
  const apply = (rooms: readonly ChatRoom[]) =>
    rooms.map((room) => (sameId(room.id, roomId) ? change(room) : room))
  return { definition: ROOMS, params: {}, op: { kind: 'reduce', apply } }
}

/** What an update of the counts says of a room; the rest stays. */
export function readFields({
  room_id,
  unread_count,
  mention_count,
  last_read_message_id,
  version,
}: UnreadUpdate): Partial<ChatRoom> & Pick<ChatRoom, 'id'> {
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

const NO_ROOMS = '"get_rooms" was answered with no list of rooms; is this the chat server?'

/** A server that pages its room list is asked until it has no more. */
async function allRooms(ask: (data: unknown) => Promise<unknown>): Promise<unknown[]> {
  const rooms: unknown[] = []
  let cursor: unknown
  for (let page = 0; page < 100; page++) {
    const answer: unknown = await ask({ ...(cursor !== undefined && { cursor }), limit: 100 })
    const { rooms: own, next_cursor } = Object(answer)
    const rows: unknown = Array.isArray(answer) ? answer : own
    if (!Array.isArray(rows)) throw new LiveError('invalid_frame', NO_ROOMS)
    for (const room of rows) rooms.push(room)
    cursor = next_cursor ?? undefined
    if (cursor === undefined) break
  }
  return rooms
}
