/** One room as an application would define it: its messages, its members, its topic. */
import {
  createLive,
  insert,
  patch,
  remove,
  type TimelineData,
  type,
  upsert,
} from '../../../src/query/index.ts'
import type { LivePort } from '../../../src/transport/port.ts'

export interface Message {
  readonly id: number
  readonly text: string
  readonly version?: number
  readonly client_id?: string
}

export interface Member {
  readonly id: string
  readonly name: string
}

export interface Topic {
  readonly text: string
}

export interface RoomParams {
  readonly roomId: string
}

const room = {
  params: type<RoomParams>(),
  endpoint: '/ws/',
  channel: ({ roomId }: RoomParams) => ({ room_id: roomId }),
}

export function defineRoom(port: LivePort) {
  const live = createLive({ manager: { port } })
  const messages = live.timeline('messages', {
    ...room,
    item: type<Message>(),
    id: (item) => item.id,
    key: (item) => item.client_id ?? item.id,
    order: (item) => [item.id],
    pageSize: 3,
    snapshot: 'get_history',
    events: {
      created: insert((event) => event as Message),
      updated: upsert((event) => event as Message),
      changed: patch((event) => event as Partial<Message>),
      deleted: remove((event) => (event as { id: number }).id),
    },
  })
  const members = live.list('members', {
    ...room,
    item: type<Member>(),
    id: (member) => member.id,
    snapshot: 'get_members',
    events: {
      joined: upsert((event) => event as Member),
      left: remove((event) => (event as Member).id),
    },
  })
  const topic = live.value('topic', {
    ...room,
    schema: type<Topic>(),
    snapshot: 'get_topic',
    events: { topic: upsert((event) => event as Topic) },
  })
  return { live, messages, members, topic }
}

export const message = (id: number, text = `m${id}`): Message => ({ id, text })

export const range = (from: number, to: number): Message[] =>
  Array.from({ length: to - from + 1 }, (_, at) => message(from + at))

export const history = (items: readonly Message[], more: Readonly<Record<string, unknown>> = {}) => ({
  messages: items,
  has_older: true,
  has_newer: false,
  ...more,
})

/** Oldest first. */
export const rowsOf = (data: Pick<TimelineData<Message>, 'pages'> | undefined): readonly Message[] =>
  (data?.pages ?? []).toReversed().flatMap((page) => page.items)

export const textsOf = (data: Pick<TimelineData<Message>, 'pages'> | undefined): readonly string[] =>
  rowsOf(data).map(({ text }) => text)
