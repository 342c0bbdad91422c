/** A first load that is still on its way while events come in, echoes of one's own sends among them. */
import {
  dehydrate,
  InfiniteQueryObserver,
  MutationObserver,
  QueryCache,
  QueryClient,
} from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLive, insert, NO_HISTORY, shouldDehydrateMutation, type } from '../../src/query/index.ts'
import { createAuthors } from '../../src/query/optimistic/author.ts'
import { createFakePort } from './support/fakePort.ts'
import { type Message, message, type RoomParams, rowsOf } from './support/room.ts'

const ROOM = { roomId: 'a' }
const common = {
  params: type<RoomParams>(),
  endpoint: '/ws/',
  channel: ({ roomId }: RoomParams) => ({ room_id: roomId }),
}

let fake: ReturnType<typeof createFakePort>
let queryClient: QueryClient
let shown: string[][]
let load: () => void
let send: (text: string) => Promise<unknown>
let observer: InfiniteQueryObserver<unknown>
const cleanups: (() => void)[] = []

/** A server without history, without replies, and that forgets client ids. */
beforeEach(() => {
  fake = createFakePort()
  shown = []
  const loaded = new Promise<void>((resolve) => {
    load = resolve
  })
  const live = createLive({ manager: { port: fake.port } })
  const messages = live.timeline('messages', {
    ...common,
    item: type<Message>(),
    id: (item) => item.id,
    key: (item) => item.client_id ?? item.id,
    order: (item) => [item.id],
    matches: (pending, echo) =>
      pending.text === echo.text ? { ...echo, client_id: String(pending.client_id) } : undefined,
    snapshot: () => loaded.then(() => NO_HISTORY),
    events: { created: insert((event) => event as Message) },
  })
  const definition = live.mutation<string, unknown, RoomParams>('send', {
    ...common,
    optimistic: (text, { params, clientId }) => [
      messages.insert(params, { id: clientId as unknown as number, client_id: clientId, text }),
    ],
    request: (text, { request }) => request('send', { text }),
  })
  queryClient = new QueryClient({ queryCache: new QueryCache() })
  cleanups.push(live.connect(queryClient), () => queryClient.clear())
  observer = new InfiniteQueryObserver(queryClient, messages(ROOM) as never) as never
  const rows = () => rowsOf(observer.getCurrentResult().data as never)
  cleanups.unshift(
    observer.subscribe(() => void shown.push(rows().map((row) => `${row.client_id ?? row.id} ${row.text}`))),
  )
  send = (text) => new MutationObserver(queryClient, definition(ROOM)).mutate(text)
})
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

describe('[T66] what has come and is not shown yet', () => {
  it('is not taken for the echo of what is sent after it', async () => {
    await fake.settle()
    fake.live()
    load()
    await fake.settle()
    fake.frame()
    // The first is shown at once; the second waits for its frame.
    fake.emit({ type: 'created', payload: { ...message(1), text: 'hello' } })
    await fake.settle()
    fake.emit({ type: 'created', payload: { ...message(2), text: 'same' } })
    void send('same')
    await fake.settle()
    fake.frame()
    await fake.settle()
    expect(shown.at(-1)?.map((row) => row.replace(/^\D.*? /, 'own '))).toEqual([
      '1 hello',
      '2 same',
      'own same',
    ])
    fake.emit({ type: 'created', payload: { ...message(3), text: 'same' } })
    await fake.settle()
    fake.frame()
    await fake.settle()
    expect(shown.at(-1)?.map((row) => row.replace(/^\D.*? /, 'own '))).toEqual([
      '1 hello',
      '2 same',
      'own same',
    ])
  })
})

describe('[Q1d] while the first load is on its way', () => {
  it('an event that comes in the task that confirms the channel is shown', async () => {
    await fake.settle()
    fake.live()
    fake.emit({ type: 'created', payload: message(1) })
    load()
    await fake.settle()
    expect(shown.at(-1)).toEqual(['1 m1'])
  })

  it('an echo takes the place of its row, under the same key, and neither is there twice', async () => {
    fake.live()
    void send('one')
    await fake.settle()
    fake.emit({ type: 'created', payload: message(1, 'one') })
    await fake.settle()
    load()
    await fake.settle()
    fake.frame()
    await fake.settle()
    expect(shown.filter((rows) => rows.length > 0)).toEqual([['id-1 one']])
  })

  it('an echo in the task of the answer does so as well', async () => {
    fake.live()
    void send('one')
    await fake.settle()
    load()
    fake.emit({ type: 'created', payload: message(1, 'one') })
    await fake.settle()
    fake.frame()
    await fake.settle()
    for (const rows of shown) expect(rows.length).toBeLessThan(2)
    expect(shown.at(-1)).toEqual(['id-1 one'])
  })
})

it('[Q13] what an event has confirmed is not stored to be sent again', async () => {
  fake.live()
  void send('one')
  await fake.settle()
  const stored = () => dehydrate(queryClient, { shouldDehydrateMutation }).mutations.length
  expect(stored()).toBe(1)
  fake.emit({ type: 'created', payload: message(1, 'one') })
  expect(stored()).toBe(0)
})

it('[C96] what is written while credentials are in doubt is theirs whom the application names', () => {
  let user = 'alice'
  const identity = { who: {}, era: 1, isSure: false, subscribe: () => () => undefined }
  const authors = createAuthors({ identity }, () => user)
  user = 'carol'
  expect(authors.begin().who).toEqual({ user: 'carol' })
})
