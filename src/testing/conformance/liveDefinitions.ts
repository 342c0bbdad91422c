/** The live data of a conformance run, as an application would define it. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { createLive, type Live } from '../../query/createLive.ts'
import { NO_HISTORY } from '../../query/define/answer.ts'
import { append, insert, patch, reduce, remove, upsert } from '../../query/define/reducers.ts'
import { type } from '../../query/live/definition.ts'
import type { LivePort } from '../../transport/port.ts'
import type { ConformanceItem, ConformanceLevel, ConformanceTopic } from './backEnd.ts'

export const PAGE_SIZE = 5

interface Room {
  readonly roomId: number
}

export interface EditVariables {
  readonly id: number
  readonly text: string
}

interface PieceOfItem {
  readonly id: number
  readonly at: number
  readonly text: string
}

const LAST_POSITION = Number.MAX_SAFE_INTEGER

const room = {
  params: type<Room>(),
  channel: ({ roomId }: Room) => ({ room_id: roomId }),
}

const Item: StandardSchemaV1<unknown, ConformanceItem> = {
  '~standard': {
    version: 1,
    vendor: 'querywire',
    validate: (value) =>
      (value as ConformanceItem).text === null
        ? { issues: [{ message: 'an odd row' }] }
        : { value: value as ConformanceItem },
  },
}

const itemOptions = {
  ...room,
  item: Item,
  id: (item: ConformanceItem) => item.id,
  version: (item: ConformanceItem) => item.version,
  events: {
    created: insert((event: unknown) => event as ConformanceItem),
    edited: upsert((event: unknown) => event as ConformanceItem),
    ranked: patch<unknown, ConformanceItem>((event: unknown) => event as Partial<ConformanceItem>),
    appended: append<unknown, ConformanceItem>(
      (event: unknown) => ({ field: 'text', ...(event as PieceOfItem) }),
      ({ isOpen = false }) => isOpen,
    ),
    deleted: remove((event: unknown) => (event as ConformanceItem).id),
  },
}

export function defineLiveData(port: LivePort, level: ConformanceLevel) {
  const live = createLive({ manager: { port } })
  const items = live.timeline('items', {
    ...itemOptions,
    key: (item) => item.client_id ?? item.id,
    order: (item) => [item.position, item.id],
    pageSize: PAGE_SIZE,
    snapshot: level === 0 ? async () => NO_HISTORY : 'page',
    ...(level === 0 && { matches: matchByText }),
  })
  const topic = defineTopic(live, level)
  const send = live.mutation<string, ConformanceItem | undefined, Room>('send', {
    ...room,
    optimistic: (text, { params, clientId }) => [
      items.insert(params, {
        id: clientId as unknown as number,
        client_id: clientId,
        position: LAST_POSITION,
        text,
        rank: 0,
        version: 0,
      }),
    ],
    async request(text, { clientId, request, send: write }) {
      if (level > 0)
        return ((await request('send', { client_id: clientId, text })) as { item: ConformanceItem }).item
      await write('send', { client_id: clientId, text })
      return undefined
    },
    settle: (item, _text, params) => (item ? [items.upsert(params, item)] : []),
  })
  const edit = live.mutation<EditVariables, ConformanceItem | undefined, Room>('edit', {
    ...room,
    optimistic: ({ id, text }, { params, status }) =>
      status === 'failed' ? [] : [items.patch(params, { id, text })],
    request: async (variables, { request }) =>
      ((await request('edit', variables)) as { item?: ConformanceItem }).item,
    settle: (item, _variables, params) => (item ? [items.upsert(params, item)] : []),
  })
  return { live, items, ...defineLists(live), topic, send, edit }
}

function defineLists(live: Live) {
  const list = live.list('list', {
    ...itemOptions,
    sort: byRank,
    // A function may ask anything; it must not need the subscription first.
    snapshot: ({ request }) => request('list', {}),
  })
  const filtered = live.list('filtered', {
    ...itemOptions,
    params: type<Room & { readonly isDown: boolean }>(),
    where: isSome,
    sort: (a, b, { isDown }) => (isDown ? byRank(b, a) : byRank(a, b)),
    snapshot: async ({ request }) => listOf(await request('list', {}), (items) => items.filter(isSome)),
  })
  const part = live.list('part', {
    ...itemOptions,
    sort: byRank,
    pageSize: PART.limit,
    snapshot: async ({ request, offset, limit }) =>
      listOf(await request('list', {}), (items) => items.toSorted(byRank).slice(offset, offset + limit)),
  })
  return { list, filtered, part }
}

/** A change of the rank alone does not say whether it is one of them. */
export const isSome = ({ position, rank }: ConformanceItem) => position % 3 !== 0 && rank % 2 === 0

export const byRank = (a: ConformanceItem, b: ConformanceItem) => a.rank - b.rank || a.id - b.id

export const PART = { offset: 2, limit: 4 }

type Items = readonly ConformanceItem[]

/** As a back end that filters and pages would answer; odd rows are its own. */
function listOf(answer: unknown, select: (items: Items) => Items): object {
  const { items } = answer as { readonly items: Items }
  return { ...(answer as object), items: select(items.filter(({ text }) => text !== null)) }
}

function defineTopic(live: Live, level: ConformanceLevel) {
  return live.value('topic', {
    ...room,
    schema: type<ConformanceTopic>(),
    snapshot: 'topic',
    events: {
      topic: reduce((current: ConformanceTopic, event: unknown) =>
        changeTopic(level, current, event as ConformanceTopic),
      ),
    },
  })
}

/** Where a snapshot says at which event it was taken, counting is exact; elsewhere an event must bear repetition. */
function changeTopic(
  level: ConformanceLevel,
  current: ConformanceTopic,
  next: ConformanceTopic,
): ConformanceTopic {
  if (level === 3) return { ...next, changes: current.changes + 1 }
  return next.version > current.version ? next : current
}

function matchByText(pending: ConformanceItem, confirmed: ConformanceItem): ConformanceItem | undefined {
  const key = pending.client_id
  return key !== undefined && pending.text === confirmed.text ? { ...confirmed, client_id: key } : undefined
}
