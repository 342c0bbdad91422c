/** One chat in several processes, whatever the bus loses. */
import { afterEach, describe, expect, it } from 'vitest'
import { type Bus, type BusNotice, localBus } from '../../../src/server/bus.ts'
import { createChatWorld, MEMBERS } from '../support/chatWorld.ts'

const opened: ReturnType<typeof createChatWorld>[] = []
afterEach(() => {
  for (const { failures } of opened.splice(0)) expect(failures).toEqual([])
})

const ROOM = { room_id: 'general' }

/** Notices of these types get lost. */
function lossyBus() {
  const bus = localBus()
  const lost = new Set<BusNotice['type']>()
  const wrapped: Bus = {
    publish: (notice) => (lost.has(notice.type) ? undefined : bus.publish(notice)),
    subscribe: bus.subscribe,
  }
  return { bus: wrapped, lost }
}

async function open() {
  const world = createChatWorld()
  opened.push(world)
  const { bus, lost } = lossyBus()
  const [one, two] = [world.start({ bus }), world.start({ bus })]
  await one.chat.createRoom({ id: 'general', members: MEMBERS })
  return { ...world, one, two, lost }
}

describe('two processes', () => {
  it('[S47] tell each other of everything', async () => {
    const { one, two, join, request, clock } = await open()
    const [alice, bob, bob2] = [await join(one, 'alice'), await join(two, 'bob'), await join(one, 'bob')]
    await clock.advance(10)
    expect(alice.ofType('user_status')).toMatchObject([{ data: { user_id: 'bob', status: 'online' } }])
    expect(bob.ofType('user_status')).toMatchObject([{ data: { user_id: 'alice' } }])
    for (const each of [alice, bob]) await request(each, 'subscribe_room', ROOM)
    const { message } = (await request(alice, 'chat_message', { ...ROOM, message: 'hi' })) as {
      message: { id: string }
    }
    await clock.advance(1_000)
    expect(bob.ofType('chat_message')).toHaveLength(1)
    expect(bob.ofType('unread_update').at(-1)?.data).toMatchObject({ unread_count: 1 })
    alice.send('typing_indicator', { ...ROOM, is_typing: true })
    await request(bob, 'read_receipt', { ...ROOM, message_id: message.id })
    await clock.advance(1_000)
    expect(bob.ofType('typing_indicator')).toHaveLength(1)
    expect(alice.ofType('typing_indicator')).toHaveLength(0)
    expect(alice.ofType('read_receipt')).toHaveLength(1)
    expect(bob2.ofType('unread_update').at(-1)?.data).toMatchObject({ unread_count: 0 })
    one.chat.notify('bob', { hello: 1 })
    await clock.advance(10)
    for (const each of [bob, bob2])
      expect(each.ofType('notification')).toMatchObject([{ data: { hello: 1 } }])
    bob.hangUp()
    await clock.advance(1_000)
    expect(alice.ofType('user_status')).toHaveLength(1)
    bob2.hangUp()
    await clock.advance(1_000)
    expect(alice.ofType('user_status').at(-1)?.data).toMatchObject({ status: 'offline' })
  })

  it('[S47] find in the log, with a ping, what the bus has lost', async () => {
    const { one, two, join, request, clock, lost } = await open()
    const [alice, bob] = [await join(one, 'alice'), await join(two, 'bob')]
    lost.add('moved')
    await request(alice, 'chat_message', { ...ROOM, message: 'hi' })
    await one.chat.createRoom({ id: 'new', members: ['bob'] })
    await clock.advance(1_000)
    expect(bob.ofType('room_added')).toEqual([])
    bob.send('ping', { timestamp: 1 })
    await clock.advance(1_000)
    expect(bob.ofType('unread_update').at(-1)?.data).toMatchObject({ unread_count: 1 })
    expect(bob.ofType('room_added')).toMatchObject([{ room_id: 'new' }])
    // The new room is watched, too.
    await one.chat.addMember('new', 'alice')
    await request(alice, 'chat_message', { room_id: 'new', message: 'here' })
    bob.send('ping', { timestamp: 2 })
    await clock.advance(1_000)
    expect(bob.ofType('room_updated').at(-1)).toMatchObject({
      data: { room: { id: 'new', last_message: { content: 'here' } } },
    })
    // A pong says nothing of what the client has not subscribed.
    expect(bob.ofType('pong').at(-1)?.data).not.toHaveProperty('heads')
  })

  it('[S40] deliver nothing of a room to who was removed elsewhere, even where only a later event is told', async () => {
    const { one, two, join, request, clock, lost } = await open()
    const bob = await join(two, 'bob')
    const carol = await join(two, 'carol')
    for (const each of [bob, carol]) await request(each, 'subscribe_room', ROOM)
    lost.add('moved')
    await one.chat.removeMember('general', 'bob')
    lost.clear()
    await one.chat.postMessage('general', { sender: 'alice', content: 'secret' })
    await clock.advance(1_000)
    expect(carol.ofType('chat_message')).toHaveLength(1)
    expect(bob.frames.filter((frame) => JSON.stringify(frame).includes('secret'))).toEqual([])
    bob.send('ping', { timestamp: 1 })
    await clock.advance(1_000)
    expect(bob.ofType('room_removed')).toHaveLength(1)
  })

  it('[S46] take everybody of a killed process for gone, and nobody of one that lives', async () => {
    const { one, two, join, clock, store } = await open()
    const [alice, bob] = [await join(one, 'alice'), await join(two, 'bob')]
    await clock.advance(10)
    // The processes that were: of the killed one nothing is heard.
    await store.transaction(({ tx }) => {
      tx.set('querywire chat ["processes"]', 'killed', ['killed', 7])
      tx.set('querywire chat ["present","killed"]', 'carol', 'carol')
      tx.set('querywire chat ["processes","carol"]', 'killed', 'killed')
    })
    const late = await join(one, 'alice')
    expect(late.ofType('user_status').map(({ data }) => data?.user_id)).toContain('bob')
    for (const each of [alice, bob]) each.clear()
    for (let beat = 0; beat < 12; beat++) {
      for (const each of [alice, bob]) each.send('ping', { timestamp: beat })
      await clock.advance(5_000)
    }
    for (const each of [alice, bob])
      expect(each.ofType('user_status')).toMatchObject([{ data: { user_id: 'carol', status: 'offline' } }])
    const { result } = await store.snapshot([], (tx) => tx.all('querywire chat ["present","killed"]'))
    expect(result).toEqual([])
  })
})

describe('a large room', () => {
  it('[S46] tells those who look at it how many are there, and nobody who', async () => {
    const { one, two, join, request, clock } = await open()
    const members = Array.from({ length: 150 }, (_, n) => `user${n}`)
    await one.chat.createRoom({ id: 'crowd', members })
    const [first, second] = [await join(one, 'user0'), await join(two, 'user1')]
    for (const each of [first, second]) await request(each, 'subscribe_room', { room_id: 'crowd' })
    for (let n = 2; n < 8; n++) await join(one, `user${n}`)
    await clock.advance(5_000)
    for (const each of [first, second]) {
      expect(each.ofType('user_status')).toEqual([])
      expect(each.ofType('room_presence').at(-1)).toMatchObject({ room_id: 'crowd', data: { online: 8 } })
      expect(each.ofType('room_presence').length).toBeLessThan(4)
    }
    for (let n = 0; n < 30; n++) await one.chat.postMessage('crowd', { sender: 'user2', content: `${n}` })
    await clock.advance(5_000)
    expect(second.ofType('chat_message')).toHaveLength(30)
    expect(second.ofType('room_updated').length).toBeLessThan(4)
    expect(second.ofType('unread_update').at(-1)?.data).toMatchObject({ unread_count: 30 })
  })
})
