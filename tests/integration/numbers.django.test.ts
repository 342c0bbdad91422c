/** Levels 2 and 3: numbers, sync and snapshots, seen from bare sockets. */
import { afterEach, describe, expect, it } from 'vitest'
import { startDjango } from '../../scripts/django.mjs'
import {
  closeAll,
  connect,
  createRoom,
  isType,
  join,
  post,
  type RawSocket,
  range,
  says,
} from './djangoSocket.ts'

afterEach(closeAll)

describe('levels 2 and 3', () => {
  const hasNumber = (frame: { seq?: number }) => frame.seq !== undefined

  it('number the events of a room without a hole, whoever sends at once', async () => {
    const room = await createRoom()
    const path = `/ws/level2/chat/${room}/`
    const [alice, bob, carol] = [
      await join('alice', path),
      await join('bob', path),
      await join('carol', path),
    ]
    const send = (socket: RawSocket) =>
      range(1, 50).map((n) =>
        socket.request('chat_message', { room_id: room, message: `${n}`, client_id: `${n}` }),
      )
    const replies = await Promise.all([...send(alice), ...send(bob)])
    const taken = replies.map(({ message }) => (message as { seq: number }).seq)
    expect(taken.sort((a, b) => a - b)).toEqual(range(1, 100))
    const events = await carol.count(hasNumber, 100)
    expect(events.map(({ seq }) => seq)).toEqual(range(1, 100))
    expect(new Set(events.map(({ epoch }) => epoch)).size).toBe(1)
    expect(JSON.stringify(await carol.request('get_history', { room_id: room }))).not.toContain('as_of')
  })

  it('hand over exactly what was missed, and say when they cannot', async () => {
    const room = await createRoom()
    const alice = await join('alice', `/ws/level2/chat/${room}/`)
    for (const text of ['one', 'two', 'three', 'four']) {
      await alice.request('chat_message', { room_id: room, message: text })
    }
    const events = await alice.count(hasNumber, 4)
    const epoch = events[0]?.epoch
    const bob = await join('bob', '/ws/level2/')
    const sync = async (position: object) => {
      const { rooms } = await bob.request('sync', { rooms: { [room]: position } })
      return (rooms as Record<string, unknown>)[room]
    }
    expect(await sync({ seq: 1, epoch })).toEqual({ events: events.slice(1), complete: true, seq: 4, epoch })
    expect(await sync({ seq: 4, epoch })).toEqual({ events: [], complete: true, seq: 4, epoch })
    const lost = { events: [], complete: false, seq: 4, epoch }
    expect(await sync({ seq: 1, epoch: 'another' })).toEqual(lost)
    expect(await sync({ seq: 5, epoch })).toEqual(lost)
    expect(await sync({})).toEqual(lost)
    await post('/demo/prune', { room_id: room, keep: 2 })
    expect(await sync({ seq: 1, epoch })).toEqual(lost)
    expect(await sync({ seq: 2, epoch })).toMatchObject({ complete: true, events: events.slice(2) })
    await alice.request('chat_message', { room_id: room, message: 'and live from here' })
    expect(await bob.first(says('and live from here'))).toMatchObject({ seq: 5 })
  })

  it('say which events a page already holds, while others write', async () => {
    const room = await createRoom()
    const [alice, bob] = [await join('alice', '/ws/level3/'), await join('bob', `/ws/level3/chat/${room}/`)]
    const write = (n: number) => alice.request('chat_message', { room_id: room, message: `${n}` })
    for (const n of range(1, 20)) await write(n)
    const writing = range(21, 60).map(write)
    const pages: Record<string, unknown>[] = []
    while (pages.length === 0 || Number(pages.at(-1)?.as_of) < 60) {
      pages.push(await bob.request('get_history', { room_id: room, limit: 200 }))
    }
    await Promise.all(writing)
    const seqs = (page: Record<string, unknown>) => (page.messages as { seq: number }[]).map(({ seq }) => seq)
    for (const page of pages) expect(seqs(page)).toEqual(range(1, Number(page.as_of)))
    const halfway = pages.filter(({ as_of }) => Number(as_of) > 0 && Number(as_of) < 60)
    expect(halfway.length).toBeGreaterThan(0)
    const events = await bob.count(hasNumber, 60)
    const { epoch } = pages.at(-1) ?? {}
    expect(events.every((event) => event.epoch === epoch)).toBe(true)
  })
})

describe('a restart of the server', () => {
  it('loses nothing, and positions stay good', async () => {
    const django = await startDjango({ level: 2 })
    try {
      const token = await django.token('alice')
      const address = `${django.url}/ws/v1/?token=${token}`
      const before = connect(address)
      const welcome = await before.first(isType('welcome'))
      expect(welcome.data?.level).toBe(2)
      const start = await before.request('subscribe_room', { room_id: 'general' })
      await before.request('chat_message', { room_id: 'general', message: 'Before' })
      const sent = await before.first(says('Before'))
      await django.restart()
      expect(await before.closed).toBe(1006)
      const after = connect(address)
      await after.first(isType('welcome'))
      const { rooms } = await after.request('sync', { rooms: { general: start } })
      expect(rooms).toMatchObject({ general: { complete: true, events: [sent] } })
      await after.request('chat_message', { room_id: 'general', message: 'After' })
      expect((await after.first(says('After'))).seq).toBe(Number(start.seq) + 2)
    } finally {
      await django.stop()
    }
  })
})
