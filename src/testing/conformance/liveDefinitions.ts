/** The live data of a conformance run, as an application would define it. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { createLive, type Live } from '../../query/createLive.ts'
import { NO_HISTORY } from '../../query/define/answer.ts'
import { append, insert, patch, reduce, remove, upsert } from '../../query/define/reducers.ts'
import type { LiveTimeline } from '../../query/define/timeline.ts'
import { type Entity, entity } from '../../query/entity/entity.ts'
import { type } from '../../query/live/definition.ts'
import type { AnyChange, Change } from '../../query/optimistic/targetedOp.ts'
import { LiveError } from '../../transport/errors.ts'
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

const plainOptions = {
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

/** Whether what is defined knows that all of it holds the same items, and whether it hears of them by channels of its own. */
export interface Sharing {
  readonly isEntity: boolean
  readonly hasOwnChannels: boolean
}

export function defineLiveData(port: LivePort, level: ConformanceLevel, sharing: Sharing) {
  const live = createLive({ manager: { port } })
  const shared = entity('item', {
    item: Item,
    id: (item) => item.id,
    version: (item) => item.version,
  })
  const itemOptions = sharing.isEntity ? { ...plainOptions, entity: shared } : plainOptions
  const items = live.timeline('items', {
    ...itemOptions,
    key: (item) => item.client_id ?? item.id,
    order: (item) => [item.position, item.id],
    pageSize: PAGE_SIZE,
    snapshot: level === 0 ? async () => NO_HISTORY : 'page',
    ...(level === 0 && { matches: matchByText }),
  })
  const channel = sharing.hasOwnChannels
    ? (of: string) => ({ channel: ({ roomId }: Room) => ({ room_id: roomId, of }) })
    : () => room
  const patch = (params: Room, { id, text }: EditVariables) =>
    sharing.isEntity ? shared.patch(id, () => ({ text })) : items.patch(params, { id, text })
  return {
    live,
    items,
    ...defineLists(live, { itemOptions, channel }),
    topic: defineTopic(live, level),
    send: defineSend(live, items, level),
    // Where the reply says nothing of the data, what was shown is taken over and asked for.
    edit: defineEdit(live, patch, (item, params) =>
      sharing.hasOwnChannels ? [] : [items.upsert(params, item)],
    ),
  }
}

type Items = LiveTimeline<Room, ConformanceItem, 'id'>

function defineSend(live: Live, items: Items, level: ConformanceLevel) {
  return live.mutation<string, ConformanceItem | undefined, Room>('send', {
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
}

function defineEdit(
  live: Live,
  patch: (params: Room, variables: EditVariables) => AnyChange,
  settled: (item: ConformanceItem, params: Room) => readonly Change[],
) {
  return live.mutation<EditVariables, ConformanceItem | undefined, Room>('edit', {
    ...room,
    optimistic: (variables, { params, status }) => (status === 'failed' ? [] : [patch(params, variables)]),
    request: async (variables, { request }) =>
      ((await request('edit', variables)) as { item?: ConformanceItem }).item,
    settle: (item, _variables, params) => (item ? settled(item, params) : []),
  })
}

type WithEntity = typeof plainOptions & { readonly entity?: Entity<ConformanceItem> }

interface Ways {
  readonly itemOptions: typeof plainOptions
  readonly channel: (of: string) => Pick<typeof room, 'channel'>
}

function defineLists(live: Live, { itemOptions, channel }: Ways) {
  const list = live.list('list', {
    ...itemOptions,
    ...channel('list'),
    sort: byRank,
    // A function may ask anything; it must not need the subscription first.
    snapshot: ({ request }) => request('list', {}),
  })
  const filtered = live.list('filtered', {
    ...itemOptions,
    ...channel('filtered'),
    params: type<Room & { readonly isDown: boolean }>(),
    where: isSome,
    sort: (a, b, { isDown }) => (isDown ? byRank(b, a) : byRank(a, b)),
    snapshot: async ({ request }) => listOf(await request('list', {}), (items) => items.filter(isSome)),
  })
  const part = live.list('part', {
    ...itemOptions,
    ...channel('part'),
    sort: byRank,
    pageSize: PART.limit,
    snapshot: async ({ request, offset, limit }) =>
      listOf(await request('list', {}), (items) => items.toSorted(byRank).slice(offset, offset + limit)),
  })
  const { entity: shared, events } = itemOptions as WithEntity
  const detail = live.value('detail', {
    ...(shared && { entity: shared }),
    ...channel('detail'),
    params: type<Room & { readonly id: number }>(),
    schema: Item,
    snapshot: async ({ request, params: { id } }) => oneOf(await request('list', {}), id),
    // What becomes of it the others hear.
    events: { deleted: events.deleted },
  })
  return { list, filtered, part, detail }
}

/** As a back end would answer that is asked for one. */
function oneOf(answer: unknown, id: number): object {
  const { items, ...position } = answer as { readonly items: Rows }
  const item = items.find((each) => each.id === id && each.text !== null)
  if (!item) throw new LiveError('rejected', 'There is none')
  return { ...item, ...position }
}

/** A change of the rank alone does not say whether it is one of them. */
export const isSome = ({ position, rank }: ConformanceItem) => position % 3 !== 0 && rank % 2 === 0

export const byRank = (a: ConformanceItem, b: ConformanceItem) => a.rank - b.rank || a.id - b.id

export const PART = { offset: 2, limit: 4 }

type Rows = readonly ConformanceItem[]

/** As a back end that filters and pages would answer; odd rows are its own. */
function listOf(answer: unknown, select: (items: Rows) => Rows): object {
  const { items } = answer as { readonly items: Rows }
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
