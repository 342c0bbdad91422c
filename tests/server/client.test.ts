// @vitest-environment node
/** The client of this library and the kit, on a real socket and a real file. */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import WebSocket from 'ws'
import { createLive, patch, reduce, type } from '../../src/query/index.ts'
import { browserEnvironment, createWebSocketManager } from '../../src/transport/index.ts'
import { boardProtocol, boardServer, Card } from './support/board.ts'
import { createWorld, memoryCards } from './support/memoryBoard.ts'
import { startBoard } from './support/sqliteBoard.ts'

const closing: (() => unknown)[] = []
let file = ''

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'querywire-board-'))
  file = join(folder, 'board.sqlite')
  closing.push(() => rm(folder, { recursive: true }))
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const board = { params: type<{ board: string }>(), channel: (params: { board: string }) => params }

/** An application: its cards, how often any of them was moved, and moving one. */
function openApp(url: string, user: string) {
  const environment = browserEnvironment({ WebSocket })
  const manager = createWebSocketManager({
    url,
    endpoint: '/ws/',
    protocol: boardProtocol,
    environment,
    tokenManager: { getAccessToken: () => user },
    reconnect: { intervalMs: 50, maxIntervalMs: 200 },
    debug: false,
  })
  const live = createLive({ manager })
  const cards = live.list('cards', {
    ...board,
    item: Card,
    id: (card) => card.id,
    snapshot: 'get_cards',
    events: { card_moved: patch((event) => event) },
  })
  // Wrong as soon as one event is lost or applied twice.
  const moves = live.value('moves', {
    ...board,
    schema: type<{ total: number }>(),
    snapshot: async ({ request, params }) => {
      const answer = (await request('get_cards', params)) as { cards: Card[] }
      return { ...answer, total: answer.cards.reduce((total, card) => total + card.moves, 0) }
    },
    events: {
      card_moved: reduce((current: { total: number }) => ({ ...current, total: current.total + 1 })),
    },
  })
  const move = live.mutation<{ id: string; column: string }, { card: Card }, { board: string }>('move', {
    ...board,
    optimistic: ({ id, column }, { params }) => [cards.patch(params, { id, column })],
    request: ({ id, column }, { params, request, clientId }) =>
      request('move_card', { ...params, id, column, client_id: clientId }) as Promise<{ card: Card }>,
    settle: ({ card }, _move, params) => [cards.upsert(params, card)],
  })
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const disconnect = live.connect(client)
  const watched = [
    new QueryObserver(client, cards({ board: 'b' })),
    new QueryObserver(client, moves({ board: 'b' }) as never),
  ]
  const stops = watched.map((observer) => observer.subscribe(() => undefined))
  closing.push(() => {
    for (const stop of stops) stop()
    disconnect()
    client.clear()
    manager.close()
  })
  return {
    manager,
    columns: () => {
      const data = client.getQueryData(cards({ board: 'b' }).queryKey) as readonly Card[] | undefined
      return Object.fromEntries((data ?? []).map(({ id, column }) => [id, column]))
    },
    total: () =>
      (client.getQueryData(moves({ board: 'b' }).queryKey) as { total: number } | undefined)?.total,
    status: () => watched[0]?.getCurrentResult(),
    move: (id: string, column: string) => move.start(client, { id, column }, { board: 'b' }),
  }
}

const card = (id: string, column: string) => ({ board: 'b', id, column })

async function started(options: Parameters<typeof startBoard>[1] = {}) {
  const server = await startBoard(file, options)
  closing.push(() => server.stop())
  return server
}

describe('the client of this library', { timeout: 20_000 }, () => {
  it('[S26] shows what others do, and its own before it is confirmed', async () => {
    const asked: string[] = []
    const { url } = await started({
      onEvent: (event) => event.type === 'answered' && asked.push(event.request),
    })
    const [alice, bob] = [openApp(url, 'alice'), openApp(url, 'bob')]
    await vi.waitFor(() => expect([alice.total(), bob.total()]).toEqual([0, 0]))
    await alice.manager.request('move_card', card('c1', 'open'))
    await vi.waitFor(() => expect([alice.total(), bob.total()]).toEqual([1, 1]))
    const carol = openApp(url, 'carol')
    await vi.waitFor(() => expect(carol.columns()).toEqual({ c1: 'open' }))
    asked.length = 0
    const moving = carol.move('c1', 'done')
    expect(carol.columns()).toEqual({ c1: 'done' })
    await moving
    await vi.waitFor(() => expect([alice.total(), bob.total(), carol.total()]).toEqual([2, 2, 2]))
    expect(carol.columns()).toEqual({ c1: 'done' })
    // Nothing was asked again for that.
    expect(asked).toEqual(['move_card'])
  })

  it('[S26] is caught up by a server that was stopped and started again on its file, and its sends arrive once', async () => {
    const first = await startBoard(file)
    const alice = openApp(first.url, 'alice')
    await alice.manager.request('move_card', card('c1', 'open'))
    await vi.waitFor(() => expect(alice.total()).toBe(1))
    await first.stop()
    // Another process writes while nobody tells anybody.
    const other = await started()
    const bob = openApp(other.url, 'bob')
    await bob.manager.request('move_card', card('c1', 'held'))
    const moving = alice.move('c2', 'open')
    const asked: string[] = []
    const second = await started({
      port: first.port,
      onEvent: (event) => event.type === 'answered' && asked.push(event.request),
    })
    expect(second.port).toBe(first.port)
    await moving
    await vi.waitFor(() => expect(alice.total()).toBe(3))
    expect(asked).toContain('sync')
    // What was missed came by `sync`, not as a new snapshot.
    expect(asked).not.toContain('get_cards')
    expect(alice.columns()).toMatchObject({ c1: 'held' })
  })

  it('[S26] moves to another server when the first one drains, and loses nothing', async () => {
    const [first, second] = [await startBoard(file), await started()]
    const ports = [first.port]
    // What stands in front of them: the first, then the second.
    const front = createServer()
    const { WebSocketServer } = await import('ws')
    const fronted = new WebSocketServer({ server: front })
    fronted.on('connection', (socket, request) => {
      const inner = new WebSocket(`ws://127.0.0.1:${ports.at(-1)}${request.url}`)
      const early: string[] = []
      inner.on('open', () => {
        for (const text of early.splice(0)) inner.send(text)
      })
      socket.on('message', (data) => {
        if (inner.readyState === 0) early.push(String(data))
        else inner.send(String(data))
      })
      inner.on('message', (data) => socket.send(String(data)))
      inner.on('close', (code, reason) => socket.close(code === 1006 ? 1011 : code, String(reason)))
      socket.on('close', () => inner.close())
    })
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
    closing.push(() => {
      for (const socket of fronted.clients) socket.terminate()
      front.close()
    })
    const alice = openApp(`ws://127.0.0.1:${(front.address() as AddressInfo).port}`, 'alice')
    await vi.waitFor(() => expect(alice.total()).toBe(0))
    ports.push(second.port)
    let column = 0
    const moves: Promise<unknown>[] = []
    const writing = setInterval(() => {
      moves.push(second.live.publish('card_moved', { id: 'c', column: `${++column}`, moves: column }, 'b'))
    }, 5)
    await first.stop(2_000)
    clearInterval(writing)
    await Promise.all(moves)
    await vi.waitFor(() => expect(alice.total()).toBe(column))
  })

  it('[S24] is told when a right is revoked, and hears nothing more', async () => {
    const barred = new Set<string>()
    const { url, live } = await started({ barred })
    const alice = openApp(url, 'alice')
    await vi.waitFor(() => expect(alice.total()).toBe(0))
    barred.add('alice/b')
    live.revoke('alice', 'b')
    await live.publish('card_moved', { id: 'c', column: 'x', moves: 1 }, 'b')
    await expect(alice.manager.request('get_cards', { board: 'b' })).rejects.toMatchObject({
      code: 'rejected',
      reason: 'not_member',
    })
    expect(alice.total()).toBe(0)
  })
})

describe('attach', () => {
  const outcomeOf = (url: string) =>
    new Promise<unknown>((resolve) => {
      const socket = new WebSocket(url)
      closing.push(() => socket.terminate())
      socket.on('message', (data) => resolve(JSON.parse(String(data)).type))
      socket.on('close', (code) => resolve(code))
      socket.on('error', (error) => resolve(error.message))
    })

  it('takes its own address, and refuses others after the handshake', async () => {
    const { url } = await started()
    expect(await outcomeOf(`${url}/ws/?token=alice`)).toBe('welcome')
    expect(await outcomeOf(`${url}/ws?token=alice`)).toBe('welcome')
    expect(await outcomeOf(`${url}/other?token=alice`)).toBe(4003)
    expect(await outcomeOf(`${url}/ws/?token=malformed`)).toBe(4004)
  })

  it('leaves other addresses to others who listen', async () => {
    const { http, url } = await started()
    http.on('upgrade', (request, socket) => {
      if (request.url === '/other') socket.end('HTTP/1.1 418 Teapot\r\n\r\n')
    })
    expect(await outcomeOf(`${url}/other`)).toContain('418')
    expect(await outcomeOf(`${url}/ws/?token=alice`)).toBe('welcome')
  })

  it('[S6] closes a message that is too large with 1009', async () => {
    const { url } = await started({ limits: { messageLength: 1_000 } })
    const socket = new WebSocket(`${url}/ws/?token=alice`)
    const closed = new Promise((resolve) => socket.on('close', resolve))
    socket.on('open', () => socket.send('x'.repeat(2_000)))
    expect(await closed).toBe(1009)
  })

  it('takes any other socket, with a standard request', () => {
    const { store } = createWorld()
    const live = boardServer({ store, cards: memoryCards })
    closing.push(() => live.close({ graceMs: 0 }))
    const request = new Request('http://localhost/ws/?token=alice')
    const accepted = live.accept({ send: () => undefined, close: () => undefined }, request)
    accepted.closed()
    accepted.closed()
  })
})
