/** Live mutations through replies, echoes, losses and reloads. */
import {
  dehydrate,
  hydrate,
  InfiniteQueryObserver,
  MutationObserver,
  QueryClient,
} from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newestPages, shouldDehydrateMutation, type } from '../../src/query/index.ts'
import { LiveError } from '../../src/transport/errors.ts'
import { createFakePort } from './support/fakePort.ts'
import { defineRoom, history, type Message, message, type RoomParams, range, rowsOf } from './support/room.ts'

const ROOM = { roomId: 'a' }

/** What one page load has: a connection, definitions and a cache. */
function load(saved?: unknown) {
  const fake = createFakePort()
  const room = defineRoom(fake.port)
  const send = room.live.mutation<string, Message, RoomParams>('send', {
    params: type<RoomParams>(),
    endpoint: '/ws/',
    channel: ({ roomId }) => ({ room_id: roomId }),
    optimistic: (text, { params, clientId }) => [
      room.messages.insert(params, { id: clientId as unknown as number, client_id: clientId, text }),
    ],
    request: (text, { clientId, request }) => request('send', { clientId, text }) as Promise<Message>,
    settle: (sent, _text, params) => [room.messages.upsert(params, sent)],
  })
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  if (saved) hydrate(queryClient, JSON.parse(JSON.stringify(saved)))
  const disconnect = room.live.connect(queryClient)
  const observer = new InfiniteQueryObserver(queryClient, room.messages(ROOM))
  const unsubscribe = observer.subscribe(() => undefined)
  cleanups.push(() => {
    unsubscribe()
    disconnect()
    queryClient.clear()
  })
  return {
    fake,
    ...room,
    queryClient,
    send: (text: string) => new MutationObserver(queryClient, send(ROOM)).mutate(text),
    definition: send,
    rows: () => rowsOf(observer.getCurrentResult().data),
    texts: () => rowsOf(observer.getCurrentResult().data).map(({ text }) => text),
    sends: () => fake.requests.filter((request) => request.type === 'send'),
    save: () => dehydrate(queryClient, { shouldDehydrateMutation }),
    async frame() {
      await fake.settle()
      fake.frame()
      await fake.settle()
    },
    async start() {
      fake.live()
      await fake.settle()
      fake.requests.find((request) => request.type === 'get_history')?.resolve(history(range(1, 2)))
      await fake.settle()
    },
  }
}

const cleanups: (() => void)[] = []
let first: ReturnType<typeof load>

beforeEach(() => {
  first = load()
})
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

const sentMessage = (id: number, text: string, clientId: unknown): Message => ({
  id,
  text,
  client_id: String(clientId),
})

describe('[Q10] an optimistic row', () => {
  it('is on screen in the same turn, and one row through reply and echo, whichever comes first', async () => {
    await first.start()
    void first.send('one')
    void first.send('two')
    await first.fake.settle()
    expect(first.texts()).toEqual(['m1', 'm2', 'one', 'two'])
    const [one, two] = first.sends()
    one?.resolve(sentMessage(3, 'one', one.data.clientId))
    await first.frame()
    first.fake.emit({ type: 'created', payload: sentMessage(3, 'one', one?.data.clientId) })
    first.fake.emit({ type: 'created', payload: sentMessage(4, 'two', two?.data.clientId) })
    await first.frame()
    two?.resolve(sentMessage(4, 'two', two.data.clientId))
    await first.frame()
    expect(first.rows().map(({ id, text }) => [id, text])).toEqual([
      [1, 'm1'],
      [2, 'm2'],
      [3, 'one'],
      [4, 'two'],
    ])
    expect(first.queryClient.getMutationCache().getAll()).toEqual([])
  })

  it('is there exactly once at every notification, also in a busy frame and while `onSuccess` takes its time', async () => {
    await first.start()
    const seen: number[] = []
    const look = () => seen.push(first.texts().filter((text) => text === 'mine').length)
    let finish = () => {}
    const onSuccess = () => new Promise<void>((resolve) => (finish = resolve))
    const observer = new MutationObserver(first.queryClient, { ...first.definition(ROOM), onSuccess })
    void observer.mutate('mine')
    await first.fake.settle()
    first.queryClient.getQueryCache().subscribe(look)
    const [send] = first.sends()
    // Somebody else's makes the frame busy; the echo comes in the same one.
    first.fake.emit({ type: 'created', payload: message(3) })
    await first.fake.settle()
    first.fake.emit({ type: 'created', payload: sentMessage(4, 'mine', send?.data.clientId) })
    await first.frame()
    send?.resolve(sentMessage(4, 'mine', send.data.clientId))
    await first.frame()
    await first.frame()
    finish()
    await first.frame()
    expect(first.texts()).toEqual(['m1', 'm2', 'm3', 'mine'])
    expect(new Set(seen)).toEqual(new Set([1]))
  })

  it('of a failed send stays, keeps its client id through a retry, and goes when it is discarded', async () => {
    await first.start()
    first.send('fails').catch(() => undefined)
    await first.fake.settle()
    first.sends()[0]?.reject(new LiveError('rejected', 'no'))
    await first.frame()
    expect(first.texts()).toEqual(['m1', 'm2', 'fails'])
    const clientId = String(first.sends()[0]?.data.clientId)
    void first.definition.retry(first.queryClient, clientId).catch(() => undefined)
    await first.frame()
    expect(first.sends().map(({ data }) => data.clientId)).toEqual([clientId, clientId])
    first.sends()[1]?.reject(new LiveError('rejected', 'no'))
    await first.frame()
    first.definition.discard(first.queryClient, clientId)
    await first.frame()
    expect(first.texts()).toEqual(['m1', 'm2'])
  })

  it('of a failed send that is tried again without a connection is queued until it leaves', async () => {
    await first.start()
    const failing = first.send('one').catch(() => undefined)
    await first.fake.settle()
    const clientId = String(first.sends()[0]?.data.clientId)
    const status = () => first.definition.statusOf(first.queryClient, clientId)
    expect(status()).toBe('sending')
    first.sends()[0]?.reject(new LiveError('rejected', 'no'))
    await failing
    expect(status()).toBe('failed')
    first.fake.down()
    const retry = first.definition.retry(first.queryClient, clientId)
    await first.fake.settle()
    expect(status()).toBe('queued')
    expect(first.definition.isUnsent(first.queryClient, clientId)).toBe(false)
    first.fake.live()
    await first.fake.settle()
    expect(status()).toBe('sending')
    first.sends()[1]?.resolve(sentMessage(3, 'one', clientId))
    await retry
  })

  it('never shows what the server has taken back: a rollback forgets the op and restores nothing', async () => {
    await first.start()
    first.send('refused').catch(() => undefined)
    await first.fake.settle()
    first.fake.emit({ type: 'created', payload: message(3, 'meanwhile') })
    await first.frame()
    first.sends()[0]?.reject(new LiveError('rejected', 'no'))
    await first.frame()
    first.definition.discard(first.queryClient, String(first.sends()[0]?.data.clientId))
    await first.frame()
    expect(first.texts()).toEqual(['m1', 'm2', 'meanwhile'])
  })
})

describe('[Q8] a reply', () => {
  const position = (seq: number) => ({ as_of: seq, epoch: 'e' })

  async function startAt(seq: number) {
    first.fake.live(false, { seq, epoch: 'e' })
    await first.fake.settle()
    first.fake.requests[0]?.resolve(history(range(1, 2), position(seq)))
    await first.fake.settle()
  }
  const asked = () => first.fake.requests.filter(({ type }) => type === 'get_history')

  it.each(['before', 'with'])(
    '%s an older snapshot is not undone by it, however late its event',
    async (when) => {
      await startAt(7)
      void first.queryClient.invalidateQueries()
      void first.send('one')
      await first.fake.settle()
      const [one] = first.sends()
      const sent = sentMessage(3, 'one', one?.data.clientId)
      one?.resolve(sent)
      if (when === 'before') await first.frame()
      asked()[1]?.resolve(history(range(1, 2), position(7)))
      await first.frame()
      expect(first.texts()).toEqual(['m1', 'm2', 'one'])
      first.fake.emit({ type: 'created', payload: sent, seq: 8, epoch: 'e' })
      await first.frame()
      expect(first.texts()).toEqual(['m1', 'm2', 'one'])
      expect(asked()).toHaveLength(2)
    },
  )

  it('brings nothing back that a newer snapshot knows to be gone', async () => {
    await startAt(7)
    void first.queryClient.invalidateQueries()
    void first.send('one')
    await first.fake.settle()
    const [one] = first.sends()
    const sent = sentMessage(3, 'one', one?.data.clientId)
    one?.resolve(sent)
    await first.frame()
    asked()[1]?.resolve(history(range(1, 2), position(9)))
    await first.frame()
    asked()[2]?.resolve(history(range(1, 2), position(9)))
    await first.frame()
    first.fake.emit({ type: 'created', payload: sent, seq: 8, epoch: 'e' })
    first.fake.emit({ type: 'deleted', payload: { id: 3 }, seq: 9, epoch: 'e' })
    await first.frame()
    expect(first.texts()).toEqual(['m1', 'm2'])
  })
})

describe('[Q13] a reconnect', () => {
  it('before the answer is followed by a snapshot: what was sent may be gone by now', async () => {
    await first.start()
    void first.send('one')
    await first.fake.settle()
    first.fake.down()
    first.fake.live(true)
    await first.frame()
    first.sends()[0]?.resolve(sentMessage(3, 'one', first.sends()[0]?.data.clientId))
    await first.frame()
    const asked = first.fake.requests.filter(({ type }) => type === 'get_history')
    expect(asked).toHaveLength(2)
    asked[1]?.resolve(history(range(1, 2)))
    await first.frame()
    expect(first.texts()).toEqual(['m1', 'm2'])
  })
})

describe('[Q13] a reload', () => {
  it('keeps what waits and what is on its way, and goes on with it in order, under the same client ids', async () => {
    await first.start()
    void first.send('one')
    void first.send('two')
    await first.fake.settle()
    const ids = first.sends().map(({ data }) => data.clientId)
    first.fake.down()
    void first.send('three')
    await first.frame()

    const second = load(first.save())
    await second.frame()
    expect(second.texts()).toEqual(['m1', 'm2', 'one', 'two', 'three'])
    expect(second.sends()).toEqual([])
    second.fake.live()
    await second.fake.settle()
    expect(second.sends().map(({ data }) => data.text)).toEqual(['one', 'two', 'three'])
    expect(second.sends().map(({ data }) => data.clientId)).toEqual([
      ...ids,
      second.sends()[2]?.data.clientId,
    ])
    expect(new Set(second.sends().map(({ data }) => data.clientId)).size).toBe(3)
  })

  it('resumes each once, also when the application resumes paused mutations itself', async () => {
    void first.send('one')
    await first.fake.settle()
    const second = load(first.save())
    void second.queryClient.resumePausedMutations()
    second.fake.live()
    await second.fake.settle()
    void second.queryClient.resumePausedMutations()
    await second.fake.settle()
    expect(second.sends()).toHaveLength(1)
  })

  it('finds its definition when the cache is restored after the connection, too', async () => {
    void first.send('one')
    await first.fake.settle()
    const saved = JSON.parse(JSON.stringify(first.save()))
    const second = load()
    hydrate(second.queryClient, saved)
    second.fake.live()
    await second.fake.settle()
    expect(second.sends().map(({ data }) => data.text)).toEqual(['one'])
  })

  it('keeps a failed one, to be tried again or discarded', async () => {
    await first.start()
    first.send('fails').catch(() => undefined)
    await first.fake.settle()
    first.sends()[0]?.reject(new LiveError('rejected', 'no'))
    await first.frame()
    const clientId = String(first.sends()[0]?.data.clientId)
    const second = load(first.save())
    await second.frame()
    expect(second.texts()).toContain('fails')
    void second.definition.retry(second.queryClient, clientId)
    await second.start()
    expect(second.sends().map(({ data }) => data.clientId)).toEqual([clientId])
  })

  it('asks for a snapshot after what it repeated: its item may be gone by now', async () => {
    await first.start()
    void first.send('one')
    await first.fake.settle()
    const clientId = first.sends()[0]?.data.clientId
    const second = load(first.save())
    await second.start()
    expect(second.fake.requests.filter(({ type }) => type === 'get_history')).toHaveLength(1)
    second.sends()[0]?.resolve(sentMessage(3, 'one', clientId))
    await second.frame()
    const asked = second.fake.requests.filter(({ type }) => type === 'get_history')
    expect(asked).toHaveLength(2)
    asked[1]?.resolve(history(range(1, 2)))
    await second.frame()
    expect(second.texts()).toEqual(['m1', 'm2'])
  })

  it('shows no row beside its confirmed twin, however deep that is in the history', async () => {
    void first.send('one')
    await first.fake.settle()
    const saved = first.save()
    const clientId = saved.mutations[0]?.state.context as { readonly clientId: string }
    const second = load(saved)
    second.fake.live()
    await second.fake.settle()
    const deep = [sentMessage(1, 'one', clientId.clientId), ...range(2, 30)]
    second.fake.requests.find(({ type }) => type === 'get_history')?.resolve(history(deep))
    await second.frame()
    expect(second.texts()).toEqual(deep.map(({ text }) => text))
  })

  it('stores no optimistic row as if it were history', async () => {
    await first.start()
    void first.send('one')
    await first.frame()
    const { queries } = first.save()
    const second = load({ queries, mutations: [] })
    await second.frame()
    expect(second.texts()).toEqual(['m1', 'm2'])
  })

  it('stores the newest pages of a history, where only those are wanted', async () => {
    const one = { items: range(3, 4), hasOlder: true, hasNewer: false, unseen: 0, before: 3, low: [3] }
    const two = { ...one, items: range(1, 2), hasOlder: false }
    const data = { pages: [one, two], pageParams: [{}, { before: 3 }] }
    expect(newestPages(1)(data)).toEqual({ pages: [one], pageParams: [{}] })
    for (const other of [undefined, 'text', [1, 2], { pages: [['a'], ['b']], pageParams: [0, 1] }]) {
      expect(newestPages(1)(other)).toBe(other)
    }
  })
})
