// @vitest-environment node
/** Several kinds of channel in one protocol: the kit and the client of this library, in virtual time. */
import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { describe, expect, it } from 'vitest'
import { createLive, reduce, type } from '../../src/query/index.ts'
import { createLiveServer } from '../../src/server/createLiveServer.ts'
import { memoryStore } from '../../src/server/stores/memoryStore.ts'
import { createRandom } from '../../src/testing/server/random.ts'
import { defineProtocol } from '../../src/transport/protocol.ts'
import { createTwoKinds, kinds, listenTo } from './support/twoKinds.ts'

const board = { board: 'x' }
const user = { user: 'x' }
const at = (seq: number, epoch = expect.any(String)) => ({ seq, epoch })

function calm(seed?: number) {
  const world = createTwoKinds(seed)
  world.line.calm()
  const sent: { type: string; data: unknown }[] = []
  const received: { type: string; data?: unknown; epoch?: unknown }[] = []
  const manager = world.open('alice')
  manager.inspect((entry) => {
    if (entry.type === 'sent') sent.push(entry.frame as (typeof sent)[number])
    if (entry.type === 'received') received.push(entry.frame as (typeof received)[number])
  })
  const ofType = (name: string) => sent.filter(({ type }) => type === name).map(({ data }) => data)
  const ask = async (...[name, data]: Parameters<typeof manager.request>) => {
    const answer = manager.request(name, data).catch((error: unknown) => error)
    await world.clock.advance(500)
    return answer
  }
  return { ...world, manager, received, ofType, ask }
}

describe('two kinds of channel with the same keys', () => {
  it('[S29] [T57] are asked for by frames of their own, counted apart, and hear their own events', async () => {
    const { clock, manager, move, tell, ofType } = calm()
    const [onBoard, onUser, all] = [board, user, {}].map((key) => listenTo(manager, key))
    await clock.advance(500)
    await Promise.all([move(), move(), tell()])
    // Of others, though one of them names `user: y` in its payload.
    await Promise.all([move('z'), tell('y')])
    await clock.advance(500)
    expect(onBoard?.heard()).toEqual([
      ['moved', 1],
      ['moved', 2],
    ])
    expect(onUser?.heard()).toEqual([['told', 1]])
    // Numbers of several channels cannot be counted on from.
    expect(all?.heard()).toEqual([
      ['moved', undefined],
      ['moved', undefined],
      ['told', undefined],
    ])
    expect(ofType('subscribe_board')).toEqual([board])
    expect(ofType('subscribe_user')).toEqual([user])
    onUser?.channel.close()
    await clock.advance(500)
    expect(ofType('unsubscribe_user')).toEqual([user])
    expect(ofType('unsubscribe_board')).toEqual([])
    await Promise.all([move(), tell()])
    await clock.advance(500)
    expect([onBoard?.heard().length, onUser?.heard().length]).toEqual([3, 1])
  })

  it('[S29] [T57] are caught up by one frame', async () => {
    const { clock, manager, move, tell, ofType, received, ask } = calm()
    await Promise.all([move(), move(), tell()])
    await ask('count_moves', board)
    const epoch = String(received.at(-1)?.epoch)
    const [onBoard, onUser] = [
      listenTo(manager, board, { seq: 1, epoch }),
      listenTo(manager, user, { seq: 0, epoch }),
    ]
    await clock.advance(500)
    expect(ofType('sync')).toEqual([{ boards: { x: at(1) }, users: { x: at(0) } }])
    const answer = received.find(({ data }) => Object.hasOwn(Object(data), 'boards'))
    expect(answer).toMatchObject({
      data: { boards: { x: { complete: true, ...at(2) } }, users: { x: { complete: true, ...at(1) } } },
    })
    expect(onBoard.heard()).toEqual([['moved', 2]])
    expect(onUser.heard()).toEqual([['told', 1]])
    expect([onBoard, onUser].map(({ signals }) => signals.at(-1))).toEqual([
      { type: 'live', resumed: true, cursor: at(2) },
      { type: 'live', resumed: true, cursor: at(1) },
    ])
  })

  it('[S29] [T57] have heads apart, by the field of the kind', async () => {
    const { clock, line, manager, move, tell, received } = calm()
    const [onBoard, onUser] = [listenTo(manager, board), listenTo(manager, user)]
    await clock.advance(500)
    line.deafen()
    await Promise.all([move(), move(), tell()])
    await clock.advance(60_000)
    expect(
      received.filter(({ type }) => type === 'pong').find(({ data }) => Object(data).heads),
    ).toMatchObject({
      data: { heads: { boards: { x: at(2) }, users: { x: at(1) } } },
    })
    expect(onBoard.signals.at(-1)).toEqual({ type: 'head', cursor: at(2) })
    expect(onUser.signals.at(-1)).toEqual({ type: 'head', cursor: at(1) })
  })

  it('[S29] [S24] are revoked apart', async () => {
    const { clock, live, barred, manager, move, tell, ask } = calm()
    const [onBoard, onUser] = [listenTo(manager, board), listenTo(manager, user)]
    await clock.advance(500)
    barred.add('board x')
    live.revoke('alice', board)
    await Promise.all([move(), tell()])
    await clock.advance(500)
    expect(onBoard.heard()).toEqual([])
    expect(onUser.heard()).toEqual([['told', 1]])
    expect(onUser.signals.filter(({ type }) => type === 'live')).toHaveLength(1)
    expect(await ask('count_moves', board)).toMatchObject({ reason: 'not_member' })
    expect(await ask('count_news', user)).toEqual([1])
  })

  it('[S29] what names channels of both needs the right to both, and belongs to the first', async () => {
    const { clock, barred, manager, ask } = calm()
    const [onBoard, onUser] = [listenTo(manager, board), listenTo(manager, { user: 'y' })]
    await clock.advance(500)
    await ask('share', { board: 'x', user: 'y' })
    expect([onBoard.heard(), onUser.heard()]).toEqual([[['moved', 1]], [['told', 1]]])
    barred.add('user y')
    expect(await ask('share', { board: 'x', user: 'y' })).toMatchObject({ reason: 'not_member' })
  })

  it('[S29] [S14] keep what was answered apart', async () => {
    const { ask } = calm()
    const once = { client_id: 'same' }
    expect(await ask('move', { ...board, ...once })).toMatchObject({ count: 1 })
    expect(await ask('tell', { ...user, ...once })).toMatchObject({ count: 1 })
    expect(await ask('move', { ...board, ...once })).toMatchObject({ count: 1 })
  })
})

const cases = Number(process.env.KINDS_SCHEDULES ?? 60)

it.each(Array.from({ length: cases }, (_, index) => index + 1))(
  '[S29] [S33] [T57] [T60] two kinds count every event once, whatever is lost, doubled, late or cut off: seed %i',
  async (seed) => {
    const { clock, line, open, move, tell } = createTwoKinds(seed)
    const random = createRandom(seed)
    const manager = open('alice')
    const live = createLive({ manager })
    const moves = live.value('moves', {
      params: type<{ board: string }>(),
      channel: (params) => params,
      schema: type<{ count: number }>(),
      snapshot: 'count_moves',
      events: { moved: reduce((now: { count: number }) => ({ count: now.count + 1 })) },
    })
    const news = live.value('news', {
      params: type<{ user: string }>(),
      channel: (params) => params,
      schema: type<readonly [number]>(),
      snapshot: random() < 0.5 ? 'count_news' : ({ request, params }) => request('count_news', params),
      events: { told: reduce(([count]: readonly [number]) => [count + 1] as const) },
    })
    const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
    const disconnect = live.connect(client)
    const options = [moves(board), news(user)]
    const stops = options.map((each) => new QueryObserver(client, each as never).subscribe(() => undefined))
    const done = { moves: 0, news: 0 }
    const acts = [
      () => void move().then(() => done.moves++),
      () => void tell().then(() => done.news++),
      () => void Promise.all([move('z'), tell('y')]),
      line.deafen,
      line.disconnect,
      line.connect,
    ]
    for (let step = 0; step < 40; step++) {
      acts[Math.floor(random() * acts.length)]?.()
      await clock.advance(Math.floor(random() * 200))
    }
    line.connect()
    line.calm()
    await clock.advance(120_000)
    const counts = options.map(({ queryKey }) => client.getQueryData(queryKey))
    expect(counts).toEqual([{ count: done.moves }, [done.news]])
    for (const stop of stops) stop()
    disconnect()
    client.clear()
    manager.close()
  },
)

describe('kinds that cannot be told apart', () => {
  const [first, second] = kinds
  it.each([
    ['key', { ...second, key: 'board' }],
    ['field', { ...second, field: 'boards' }],
    ['frame', { ...second, subscribe: 'subscribe_board' }],
    ['frame', { ...second, unsubscribe: 'subscribe_board' }],
    ['frame', { ...second, subscribe: 'sync' }],
    ['frame', { ...second, sync: 'unsubscribe_board' }],
    ['key', { ...second, key: 'board/x' }],
  ])('[T57] are refused: %s', (what, other) => {
    const define = () => defineProtocol({ channels: [first, other] })
    expect(define).toThrow(expect.objectContaining({ code: 'misconfigured' }))
    expect(define).toThrow(`the ${what} `)
  })

  it('[T57] one in an array is one without; none are refused', () => {
    expect(defineProtocol({ channels: [first] })).toEqual(defineProtocol({ channels: first }))
    expect(defineProtocol({ channels: kinds }).channels).toMatchObject(first)
    expect(() => defineProtocol({ channels: [] })).toThrow('leave "channels" out')
  })

  it('[S29] the server wants to know who may have each, and which is meant', async () => {
    const { live } = createTwoKinds()
    const publish = (key: never) => live.publish('told', {}, key)
    for (const key of ['x', {}, { board: 'x', user: 'x' }, { card: 'x' }, { user: null }, null])
      await expect(publish(key as never)).rejects.toThrow(`as in { board: 'id' } or { user: 'id' }`)
    await expect(live.publish('told', {}, { user: 7 })).resolves.toBeUndefined()
    expect(() => live.revoke('alice', 'x')).toThrow('Which channel')
    const start = (channels: Record<string, () => boolean>) =>
      createLiveServer({
        protocol: defineProtocol({ channels: kinds }),
        store: memoryStore(),
        authenticate: () => null,
        channels,
        requests: {},
      })
    expect(() => start({ board: () => true })).toThrow('a "board" and a "user"')
    expect(() => start({ board: () => true, room: () => true })).toThrow('a "board" and a "user"')
  })
})
