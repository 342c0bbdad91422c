/** Which messages a history request gets. */
import { RequestError } from '../../requestError.ts'
import { type Fields, readId, readLimit, readOptionalId } from '../reading/fields.ts'
import { type Steps, wait } from '../steps.ts'
import {
  type Key,
  keyOf,
  type MessageRow,
  type PageQuery,
  type ReactionCount,
  type RoomRow,
} from '../tables/chatTables.ts'
import type { ChatMessage } from '../wire.ts'
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from './rooms.ts'
import { viewMessage, viewReactions } from './views.ts'
import { type Asked, type ChatRead, findMembership, findUsers } from './work.ts'

interface HistoryReply {
  readonly messages: readonly ChatMessage[]
  readonly has_older: boolean
  readonly has_newer: boolean
}

export function* getHistory(read: ChatRead, asked: Asked): Steps<HistoryReply> {
  const { room } = yield* findMembership(read, asked)
  const limit = readLimit(asked.data, { fallback: DEFAULT_PAGE_SIZE, max: MAX_PAGE_SIZE })
  const anchor = yield* findAnchor(read, room, asked.data)
  const { rows, hasOlder, hasNewer } = yield* findWindow(read, room, { anchor, limit })
  return {
    messages: yield* viewMessages(read, room, { rows, viewer: asked.user }),
    has_older: hasOlder,
    has_newer: hasNewer,
  }
}

interface Anchor {
  readonly kind: 'before' | 'after' | 'around'
  readonly place: number
}

/** The newest page ends before what comes next. */
function* findAnchor({ tables }: ChatRead, room: RoomRow, data: Fields): Steps<Anchor> {
  const kinds = (['before', 'after', 'around'] as const).filter(
    (kind) => readOptionalId(data, kind) !== undefined,
  )
  const [kind] = kinds
  if (kind === undefined) return { kind: 'before', place: room.messageCount + 1 }
  if (kinds.length > 1) throw new RequestError('invalid', `Only one of ${kinds.join(', ')} can be given`)
  const id = readId(data, kind)
  const message = yield* wait(tables.messageNamed(room.key, keyOf(id)))
  if (!message) throw new RequestError('not_found', `There is no message "${id}" to page from`)
  return { kind, place: message.place }
}

interface Window {
  /** Oldest first, without deleted ones. */
  readonly rows: readonly MessageRow[]
  readonly hasOlder: boolean
  readonly hasNewer: boolean
}

function* findWindow(
  { tables }: ChatRead,
  room: RoomRow,
  { anchor: { kind, place }, limit }: { readonly anchor: Anchor; readonly limit: number },
): Steps<Window> {
  function* take(direction: PageQuery['direction'], from: number, count: number): Steps<MessageRow[]> {
    return count > 0 ? yield* wait(tables.page(room.key, { direction, from, limit: count })) : []
  }
  // One more than is asked for shows whether there are more.
  const olderCount = { before: limit, after: 0, around: Math.floor(limit / 2) }[kind]
  const older = kind === 'after' ? [] : yield* take('older', place, olderCount + 1)
  const shownOlder = older.slice(0, olderCount).reverse()
  const newerCount = kind === 'before' ? 0 : limit - shownOlder.length
  const newerFrom = { before: place - 1, after: place, around: place - 1 }[kind]
  const newer = yield* take('newer', newerFrom, newerCount + 1)
  const shownNewer = newer.slice(0, newerCount)
  const hasOlder =
    kind === 'after' ? (yield* take('older', place + 1, 1)).length > 0 : older.length > olderCount
  return { rows: [...shownOlder, ...shownNewer], hasOlder, hasNewer: newer.length > newerCount }
}

function* viewMessages(
  read: ChatRead,
  room: RoomRow,
  { rows, viewer }: { readonly rows: readonly MessageRow[]; readonly viewer: Key },
): Steps<ChatMessage[]> {
  if (rows.length === 0) return []
  const users = yield* findUsers(
    read,
    rows.map(({ sender }) => sender),
  )
  const places = rows.map(({ place }) => place)
  const counts = yield* wait(read.tables.countedReactions(room.key, places, viewer))
  const reactions = new Map<number, ReactionCount[]>(places.map((place) => [place, []]))
  for (const count of counts) reactions.get(count.place)?.push(count)
  return rows.map((row) =>
    viewMessage(row, {
      room,
      sender: users(row.sender),
      reactions: viewReactions(reactions.get(row.place) ?? []),
    }),
  )
}
