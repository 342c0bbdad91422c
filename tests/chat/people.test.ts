import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { afterEach, describe, expect, it } from 'vitest'
import type { Presence, Typer } from '../../src/chat/index.ts'
import { createTypingSender } from '../../src/chat/model/people/typingSender.ts'
import { contextOf } from '../../src/chat/model/session/context.ts'
import { createWorld, ROOM, type World } from './kit.ts'

let world: World
afterEach(() => world.close())

function setup() {
  world = createWorld()
  const alice = world.open('alice')
  const typing = alice.watch<readonly Typer[]>(alice.chat.typing(ROOM))
  return { alice, typers: () => typing()?.map(({ user }) => user.id) }
}

/** Nothing but TanStack's observers on a QueryClient that the chat is connected to. */
function plain() {
  const chat = world.newChat('alice')
  const queryClient = new QueryClient()
  const disconnect = chat.live.connect(queryClient)
  const typing = new QueryObserver(queryClient, chat.typing(ROOM) as never)
  const presence = new QueryObserver(queryClient, chat.presence(['bob']) as never)
  for (const observer of [typing, presence]) observer.subscribe(() => undefined)
  const typers = () =>
    (typing.getCurrentResult().data as readonly Typer[] | undefined)?.map(({ user }) => user.id)
  const bob = () =>
    (presence.getCurrentResult().data as Readonly<Record<string, Presence>> | undefined)?.bob?.status
  return { typers, bob, disconnect }
}

const type = (user: string, is_typing = true) =>
  world.server.act(user, 'typing_indicator', { room_id: ROOM, is_typing })

describe('typing', () => {
  it('[C7] says so at most once in 3 s, and that it stopped after 5 s without a key', async () => {
    const { alice } = setup()
    await world.pass()
    const sender = createTypingSender(contextOf(alice.chat), ROOM)
    const said = () =>
      world.sent('typing_indicator').map(({ data }) => (data as { is_typing: boolean }).is_typing)
    for (let key = 0; key < 59; key++) {
      sender.keystroke()
      await world.pass(100)
    }
    expect(said()).toEqual([true, true])
    await world.pass(4_800)
    expect(said()).toEqual([true, true])
    await world.pass(200)
    expect(said()).toEqual([true, true, false])
    sender.stop()
    await world.pass()
    expect(said()).toHaveLength(3)
  })

  it('[C7] says it stopped when told so, once, and begins anew with the next key', async () => {
    const { alice } = setup()
    await world.pass()
    const sender = createTypingSender(contextOf(alice.chat), ROOM)
    sender.keystroke()
    sender.stop()
    sender.stop()
    sender.keystroke()
    await world.pass()
    expect(world.sent('typing_indicator').map(({ data }) => data)).toMatchObject([
      { is_typing: true },
      { is_typing: false },
      { is_typing: true },
    ])
  })

  it('[C7] is not said while offline, and by the first key after that', async () => {
    const { alice } = setup()
    await world.pass()
    const sender = createTypingSender(contextOf(alice.chat), ROOM)
    world.server.faults.disconnectAll()
    sender.keystroke()
    await world.pass(1_500)
    expect(world.sent('typing_indicator')).toEqual([])
    sender.keystroke()
    await world.pass()
    expect(world.sent('typing_indicator')).toMatchObject([{ data: { is_typing: true } }])
  })

  it('[C8] runs out 7 s after the last signal', async () => {
    const { typers } = setup()
    await world.pass()
    type('bob')
    await world.pass(5_000)
    type('bob')
    type('carol')
    await world.pass(6_900)
    expect(typers()).toEqual(['bob', 'carol'])
    await world.pass(200)
    expect(typers()).toEqual([])
  })

  it('[C8] runs out where there is only a connected QueryClient', async () => {
    world = createWorld()
    const { typers, disconnect } = plain()
    await world.pass()
    type('bob')
    await world.pass(6_900)
    expect(typers()).toEqual(['bob'])
    await world.pass(200)
    expect(typers()).toEqual([])
    type('bob')
    await world.pass()
    disconnect()
    await world.pass()
    expect(typers()).toEqual([])
  })

  it('[C8] runs out on whichever connection it was heard, and nothing is left to wait for', async () => {
    world = createWorld()
    const chat = world.newChat('alice', { endpoints: { room: (roomId) => `/ws/chat/${roomId}/` } })
    const queryClient = new QueryClient()
    const disconnect = chat.live.connect(queryClient)
    const stop = chat.start()
    const typing = new QueryObserver(queryClient, chat.typing(ROOM) as never)
    const leave = typing.subscribe(() => undefined)
    const typers = () =>
      (typing.getCurrentResult().data as readonly Typer[] | undefined)?.map(({ user }) => user.id)
    await world.pass()
    const room = world.sockets.find(({ url }) => url.includes(ROOM))
    room?.receive({ type: 'typing_indicator', data: { user_id: 'bob' } })
    await world.pass(6_800)
    expect(typers()).toEqual(['bob'])
    await world.pass(200)
    expect(typers()).toEqual([])
    room?.receive({ type: 'typing_indicator', data: { user_id: 'bob' } })
    await world.pass()
    expect(typers()).toEqual(['bob'])
    stop()
    disconnect()
    await world.pass()
    expect(typers()).toEqual([])
    leave()
    chat.manager.close()
    await world.pass(1_000)
    expect(world.held().timers).toBe(0)
  })

  it('[C8] ends with a stop, and with leaving the room', async () => {
    const { typers } = setup()
    await world.pass()
    type('bob')
    type('carol')
    await world.pass()
    type('bob', false)
    await world.pass()
    expect(typers()).toEqual(['carol'])
    world.server.remove(ROOM, 'carol')
    await world.pass()
    expect(typers()).toEqual([])
  })

  it('[C8] is told by id: another person of the same name is somebody else, one’s own other tab is not', async () => {
    world = createWorld({
      users: [
        { id: 'alice', username: 'alice' },
        { id: 'a2', username: 'alice' },
      ],
    })
    const alice = world.open('alice')
    const typing = alice.watch<readonly Typer[]>(alice.chat.typing(ROOM))
    await world.pass()
    type('alice')
    type('a2')
    await world.pass()
    expect(typing()?.map(({ user }) => user.id)).toEqual(['a2'])
  })
})

describe('presence', () => {
  function watch() {
    world = createWorld()
    const alice = world.open('alice')
    const presence = alice.watch<Record<string, Presence>>(alice.chat.presence(['bob']))
    const bob = () => presence()?.bob?.status
    return { alice, bob }
  }

  it('[C9] goes on for 10 s after somebody left, in case they are only reloading', async () => {
    const { bob } = watch()
    const window = world.open('bob')
    await world.pass()
    expect(bob()).toBe('online')
    window.chat.manager.close()
    await world.pass(9_000)
    expect(bob()).toBe('online')
    const reloaded = world.open('bob')
    await world.pass(60_000)
    expect(bob()).toBe('online')
    reloaded.chat.manager.close()
    await world.pass(9_900)
    expect(bob()).toBe('online')
    await world.pass(300)
    expect(bob()).toBe('offline')
  })

  it('[C9] is known where there is only a connected QueryClient', async () => {
    world = createWorld()
    const { bob } = plain()
    await world.pass()
    const there = world.open('bob')
    await world.pass()
    expect(bob()).toBe('online')
    there.chat.manager.close()
    await world.pass(9_900)
    expect(bob()).toBe('online')
    await world.pass(300)
    expect(bob()).toBe('offline')
  })

  it('[C9] of somebody who is leaving when one stops to listen is not told later', async () => {
    world = createWorld()
    const chat = world.newChat('alice')
    const stop = chat.start()
    const window = world.open('bob')
    chat.manager.connect()
    await world.pass()
    window.chat.manager.close()
    await world.pass(1_000)
    const held = world.held().timers
    stop()
    await world.pass()
    expect(world.held().timers).toBe(held - 1)
  })

  it('[C9] is known of those who came before one asked', async () => {
    world = createWorld()
    world.open('bob')
    const alice = world.open('alice')
    await world.pass(1_000)
    const presence = alice.watch<Record<string, Presence>>(alice.chat.presence(['bob', 'carol']))
    await world.pass()
    expect(presence()).toMatchObject({ bob: { status: 'online' }, carol: { status: 'unknown' } })
  })

  it('[C9] is known also when the clock of the device is set back meanwhile', async () => {
    const { bob } = watch()
    await world.pass()
    world.clock.skew(-60_000)
    world.open('bob')
    await world.pass()
    expect(bob()).toBe('online')
  })

  it('[C9] heard over an earlier connection says nothing any more', async () => {
    const { alice, bob } = watch()
    const window = world.open('bob')
    await world.pass()
    expect(bob()).toBe('online')
    window.chat.manager.close()
    world.server.faults.disconnectAll()
    await world.pass(20_000)
    expect(alice.status()).toBe('live')
    expect(bob()).toBe('unknown')
  })
})

describe('a crowd', () => {
  it('[C91] that types is shown at a cost that grows with it', async () => {
    const costs: number[] = []
    for (const count of [1_000, 8_000]) {
      const { alice, typers } = setup()
      await world.pass()
      const socket = world.socket()
      const frames = Array.from({ length: count }, (_, at) => ({
        type: 'typing_indicator',
        room_id: ROOM,
        data: { user_id: `u${at}` },
      }))
      const before = process.cpuUsage()
      socket.receive(frames)
      await world.pass(100)
      costs.push(process.cpuUsage(before).user)
      expect(typers()).toHaveLength(count)
      await world.pass(7_200)
      expect(typers()).toEqual([])
      expect(alice.chat).toBeDefined()
      if (count < 8_000) world.close()
    }
    const [few = 0, many = 0] = costs
    expect(many).toBeLessThan(30 * few)
  })

  it('[C91] of whom nobody asks is kept up to a bound; who is asked for stays', async () => {
    const { alice } = setup()
    const statusOf = (id: number) => {
      const presence = alice.watch<Record<string, Presence>>(alice.chat.presence([`u${id}`]))
      return () => presence()?.[`u${id}`]?.status
    }
    await world.pass()
    const watched = statusOf(0)
    await world.pass()
    for (let chunk = 0; chunk < 30; chunk++) {
      const events = Array.from({ length: 1_000 }, (_, at) => ({
        type: 'user_status',
        data: { user_id: `u${chunk * 1_000 + at}`, status: at % 10 === 1 ? 'away' : 'online' },
      }))
      world.socket().receive(events)
      await world.pass()
    }
    const timers = world.held().timers
    world.socket().receive({ type: 'user_status', data: { user_id: 'u29999', status: 'offline' } })
    await world.pass()
    expect(world.held().timers).toBe(timers + 1)
    const [early, late] = [statusOf(1), statusOf(29_998)]
    await alice.queryClient.invalidateQueries()
    await world.pass()
    expect([watched(), early(), late()]).toEqual(['online', 'unknown', 'online'])
  })

  it('[C91] a user or a room that is none is not taken in', async () => {
    const { alice } = setup()
    await world.pass()
    const odd = { toString: 1, valueOf: 1 }
    const { currentUser } = alice.chat.store.getState()
    world.socket().receive([
      { type: 'welcome', data: { user: { id: odd } } },
      { type: 'user_status', data: { user_id: 'bob', status: odd } },
      { type: 'room_removed', data: { room_id: odd } },
      { type: 'room_added', data: { room: { id: odd } } },
      { type: 'room_updated', data: { room: { id: ROOM, last_message: { id: odd, timestamp: '2024' } } } },
    ])
    await world.pass(1_000)
    expect(alice.chat.store.getState().currentUser).toEqual(currentUser)
    expect(alice.chat.store.getState().removals.size).toBe(0)
  })
})
