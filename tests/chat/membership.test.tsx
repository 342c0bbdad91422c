/** An open view of a room that one is removed from, and comes back to. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, renderHook } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterEach, describe, expect, it } from 'vitest'
import { ChatProvider, useChatRooms, useChatWebSocket } from '../../src/chat/index.ts'
import { contextOf } from '../../src/chat/model/session/context.ts'
import type { ChatLevel } from '../../src/testing/index.ts'
import { createWorld, ROOM, seeded, type World } from './kit.ts'

let world: World
afterEach(() => {
  cleanup()
  world.close()
})

const pass = (ms = 500) => act(() => world.pass(ms))
const say = (content: string) => world.server.inject(ROOM, { sender: 'bob', content })

const TOPOLOGIES = { 'one socket': { endpoint: '/ws/' }, 'a socket per room': { endpoint: undefined } }
type Topology = keyof typeof TOPOLOGIES

async function open(topology: Topology, level: ChatLevel) {
  world = createWorld({ level, rooms: [{ id: ROOM, messages: seeded(3) }, { id: 'other' }] })
  const chat = world.newChat('alice', TOPOLOGIES[topology])
  const queryClient = new QueryClient()
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={queryClient}>
      <ChatProvider chat={chat}>{children}</ChatProvider>
    </QueryClientProvider>
  )
  const { result } = renderHook(() => ({ room: useChatWebSocket(ROOM), list: useChatRooms() }), { wrapper })
  await pass()
  return {
    /** The same room in another component. */
    mountAgain: () => renderHook(() => useChatWebSocket(ROOM), { wrapper }).result,
    room: () => result.current.room,
    texts: () => result.current.room.messages.map(({ content }) => content),
    async send(text: string) {
      const sending = result.current.room.sendMessage(text).then(
        () => 'accepted',
        (error: { reason?: string }) => error.reason,
      )
      await pass()
      return sending
    },
  }
}

describe.each([
  ['one socket', 1],
  ['one socket', 3],
  ['a socket per room', 1],
  ['a socket per room', 3],
] as const)('%s, level %i: a room that one is removed from', (topology, level) => {
  it('[C11] is heard of again when one is back, with what was said meanwhile', async () => {
    const { room, texts, send } = await open(topology, level)
    world.server.remove(ROOM, 'alice', 'kicked')
    await pass()
    expect(room().error).toMatchObject({ code: 'forbidden', reason: 'kicked' })
    say('meanwhile')
    await pass()
    world.server.join(ROOM, 'alice')
    await pass()
    expect(room().error).toBeNull()
    say('afterwards')
    await pass()
    expect(texts()).toEqual(['old 1', 'old 2', 'old 3', 'meanwhile', 'afterwards'])
    expect(await send('thanks')).toBe('accepted')
    expect(room().messages.at(-1)).not.toHaveProperty('local')
  })

  it('[C11] while away says why, refuses to send, and is live again when one is back', async () => {
    const { room, texts, send } = await open(topology, level)
    world.server.faults.restart({ downMs: 1_000 })
    world.server.remove(ROOM, 'alice')
    await pass(5_000)
    expect(room().messages).toHaveLength(3)
    expect(room().error).toMatchObject({ code: 'forbidden' })
    expect(await send('hello?')).toMatch(/member/)
    expect(texts()).toEqual(['old 1', 'old 2', 'old 3'])
    world.server.join(ROOM, 'alice')
    say('welcome back')
    await pass(1_000)
    expect(room()).toMatchObject({ error: null, isConnected: true })
    expect(texts()).toEqual(['old 1', 'old 2', 'old 3', 'welcome back'])
  })

  it('[C89] is not taken for live by a view that is mounted then, and is live in all of them when one is back', async () => {
    const { room, texts, mountAgain } = await open(topology, level)
    world.server.remove(ROOM, 'alice', 'kicked')
    await pass()
    const other = mountAgain()
    await pass(3_000)
    for (const error of [room().error, other.current.error]) expect(error).toMatchObject({ reason: 'kicked' })
    say('meanwhile')
    world.server.join(ROOM, 'alice')
    await pass()
    say('afterwards')
    await pass()
    expect(room().error).toBeNull()
    expect(other.current.error).toBeNull()
    expect(texts()).toEqual(['old 1', 'old 2', 'old 3', 'meanwhile', 'afterwards'])
    expect(other.current.messages).toHaveLength(5)
  })

  it('[C89] while away is live again where nothing but the plain query looks at it', async () => {
    world = createWorld({ level, rooms: [{ id: ROOM, messages: seeded(1) }, { id: 'other' }] })
    const alice = world.open('alice', TOPOLOGIES[topology])
    const release = alice.chat.manager.acquire(contextOf(alice.chat).endpoints.rooms)
    await world.pass(500)
    world.server.faults.restart({ downMs: 1_000 })
    world.server.remove(ROOM, 'alice')
    await world.pass(5_000)
    expect(alice.status()).not.toBe('live')
    world.server.join(ROOM, 'alice')
    say('welcome back')
    await world.pass(1_000)
    expect(alice.status()).toBe('live')
    expect(alice.texts()).toEqual(['old 1', 'welcome back'])
    release()
  })

  it('[C11] is live again where nobody was told that one is back', async () => {
    const { room, texts } = await open(topology, level)
    world.server.faults.restart({ downMs: 1_000 })
    world.server.remove(ROOM, 'alice')
    await pass(5_000)
    for (const socket of world.sockets) if (socket.readyState === 1) socket.drop(1006)
    world.server.join(ROOM, 'alice')
    await pass(5_000)
    say('welcome back')
    await pass()
    expect(room()).toMatchObject({ error: null, isConnected: true })
    expect(texts()).toEqual(['old 1', 'old 2', 'old 3', 'welcome back'])
  })

  it('[C11] and back in while away has nothing to say of it', async () => {
    const { room, texts } = await open(topology, level)
    world.server.remove(ROOM, 'alice')
    await pass()
    world.server.faults.restart({ downMs: 1_000 })
    world.server.join(ROOM, 'alice')
    await pass(10_000)
    say('welcome back')
    await pass()
    expect(room().error).toBeNull()
    expect(texts()).toEqual(['old 1', 'old 2', 'old 3', 'welcome back'])
  })
})
