// @vitest-environment node
/** Rooms that people make, whom a conversation of two is with, and who has reacted: on every store. */
import fc from 'fast-check'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { getHistory } from '../../../src/server/chat/domain/history.ts'
import {
  addMember,
  createRoom,
  joinRoom,
  knowUser,
  leaveRoom,
} from '../../../src/server/chat/domain/members.ts'
import { sendMessage } from '../../../src/server/chat/domain/messages.ts'
import { makeRoom } from '../../../src/server/chat/domain/newRoom.ts'
import { react } from '../../../src/server/chat/domain/reactions.ts'
import { getMembers, getRooms } from '../../../src/server/chat/domain/rooms.ts'
import { createChatWork } from '../support/chatWork.ts'
import { createChatWorld } from '../support/chatWorld.ts'
import { STORES, stopPostgres } from '../support/stores.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})
afterAll(stopPostgres)

const PEOPLE = ['alice', 'bob', 'carol', 'dave'] as const
const may = () => true

describe.each(Object.entries(STORES))('on the %s store', (_name, create) => {
  const open = async (limits = {}) => {
    const under = await create()
    closing.push(under.close)
    const chat = createChatWork(under.store, limits)
    await chat.migrate()
    await chat.write(function* (work) {
      for (const id of PEOPLE)
        yield* knowUser(work, { id, username: id.toUpperCase(), avatar_url: `/${id}.png` })
    })
    const make = async (user: string, data: object, mayCreate: Parameters<typeof makeRoom>[2] = may) =>
      (await chat.write((work) => makeRoom(work, { user, data: { ...data } }, mayCreate))).room
    const pair = (user: string, other: string, mayCreate = may) =>
      make(user, { kind: 'direct', members: [other] }, mayCreate)
    const rooms = async (user: string) =>
      (await chat.read((read) => getRooms(read, { user, data: {} }))).rooms
    const leave = (user: string, room_id: unknown) =>
      chat.write((work) => leaveRoom(work, { user, data: { room_id } }))
    const members = async (user: string, room_id: unknown) =>
      (await chat.read((read) => getMembers(read, { user, data: { room_id } }))).members
    return { ...under, ...chat, make, pair, rooms, leave, members }
  }
  const refused = (promise: Promise<unknown>, code: string) =>
    expect(promise).rejects.toMatchObject({ body: { code } })

  it('[S65] a conversation of two says whom it is with, to each of them, and nothing where there is no other', async () => {
    const { pair, rooms, leave, make } = await open()
    const { id } = await pair('alice', 'bob')
    await make('alice', { name: 'Two of us', members: ['bob'] })
    expect((await rooms('alice')).map(({ peer }) => peer)).toEqual([
      undefined,
      { id: 'bob', username: 'BOB', avatar_url: '/bob.png' },
    ])
    expect((await rooms('bob')).find((room) => room.id === id)?.peer).toMatchObject({ id: 'alice' })
    await leave('bob', id)
    expect((await rooms('alice')).find((room) => room.id === id)).not.toHaveProperty('peer')
  })

  it('[S66] makes a room once for each client id, and one for each two people, whoever asks first', async () => {
    const { make, pair, rooms, leave, members, write } = await open()
    const asked = { name: ' Plans ', members: ['bob', 'bob', 'alice'], client_id: 'c1' }
    const room = await make('alice', asked)
    expect(room).toMatchObject({ name: 'Plans', kind: 'group', member_count: 2, unread_count: 0 })
    expect(await make('alice', { ...asked, name: 'Other', members: ['carol'] })).toEqual(room)
    expect((await make('bob', asked)).id).not.toBe(room.id)
    expect((await make('alice', { name: 'Plans' })).id).not.toBe(room.id)
    expect((await members('bob', room.id)).map(({ user, role }) => [user.id, role])).toEqual([
      ['alice', 'admin'],
      ['bob', 'member'],
    ])
    // Gone from it, one is not in again because a lost request comes late.
    await leave('alice', room.id)
    await refused(make('alice', asked), 'not_member')
    const two = await pair('alice', 'bob')
    expect((await pair('bob', 'alice')).id).toBe(two.id)
    // Whoever has gone is back with whoever writes to them, in the same room.
    await leave('bob', two.id)
    expect(await pair('alice', 'bob')).toMatchObject({ id: two.id, member_count: 2, peer: { id: 'bob' } })
    await leave('alice', two.id)
    await leave('bob', two.id)
    expect(await pair('bob', 'alice')).toMatchObject({ id: two.id, member_count: 2 })
    expect((await rooms('alice')).filter(({ kind }) => kind === 'direct')).toHaveLength(1)
    // At the same moment, too.
    const ids = (await Promise.all([pair('carol', 'bob'), pair('bob', 'carol'), pair('carol', 'bob')])).map(
      ({ id }) => id,
    )
    expect(new Set(ids).size).toBe(1)
    // Also one that the application made.
    await write((work) => createRoom(work, { id: 'dm', kind: 'direct', members: ['carol', 'dave'] }))
    expect((await pair('dave', 'carol')).id).toBe('dm')
    await write((work) => createRoom(work, { id: 'later', kind: 'direct', members: ['alice'] }))
    await write((work) => addMember(work, 'later', 'dave'))
    expect((await pair('dave', 'alice')).id).toBe('later')
  })

  it('[S67] refuses rooms that nobody may make, of nobody, with too many, and leaves nothing of them', async () => {
    const { make, pair, rooms, leave } = await open({ newRoomMembers: 2, roomNameLength: 3, roomsPerUser: 3 })
    await refused(make('alice', {}), 'empty')
    await refused(make('alice', { name: ' \n' }), 'empty')
    await refused(make('alice', { name: '🎉🎉🎉🎉' }), 'too_long')
    await refused(make('alice', { name: 'x', members: ['bob', 'carol', 'dave'] }), 'too_many')
    await refused(make('alice', { name: 'x', members: ['nobody'] }), 'not_found')
    await refused(pair('alice', 'nobody'), 'not_found')
    await refused(pair('alice', 'alice'), 'invalid')
    await refused(make('alice', { kind: 'direct', members: ['bob', 'carol'] }), 'invalid')
    for (const bad of [
      { kind: 'x' },
      { kind: '__proto__' },
      { members: 'bob' },
      { members: [{}] },
      { members: ['\0'] },
    ])
      await refused(make('alice', { name: 'x', ...bad }), 'invalid')
    for (const client_id of ['', 7, 'a\0', 'x'.repeat(257)])
      await refused(make('alice', { name: 'x', client_id }), 'invalid')
    const asked: unknown[] = []
    const never = (room: unknown) => {
      asked.push(room)
      return false
    }
    await refused(make('alice', { name: '🎉🎉🎉', kind: 'channel', members: ['bob'] }, never), 'forbidden')
    expect(asked).toEqual([{ kind: 'channel', name: '🎉🎉🎉', members: ['bob'] }])
    expect(await rooms('alice')).toEqual([])
    // What is there needs nobody's leave, unless somebody would come into it.
    const { id } = await pair('alice', 'bob')
    expect((await pair('alice', 'bob', never as never)).id).toBe(id)
    await leave('bob', id)
    await refused(pair('alice', 'bob', never as never), 'forbidden')
    await make('alice', { name: 'a' })
    await make('alice', { name: 'b' })
    await refused(make('bob', { name: 'c', members: ['alice'] }), 'too_many')
    expect(await rooms('bob')).toEqual([])
  })

  it('[S66] keeps one room for two, whatever they do in whatever order', async () => {
    const user = fc.constantFrom('alice', 'bob', 'carol')
    const step = fc.record({ user, other: user, what: fc.constantFrom('pair', 'pair', 'leave', 'send') })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
        const { pair, rooms, leave, write, close } = await open()
        const known = new Map<string, unknown>()
        for (const { user, other, what } of steps) {
          if (user === other) continue
          const name = [user, other].sort().join()
          const id = known.get(name)
          if (what === 'pair') {
            const room = await pair(user, other)
            if (id !== undefined) expect(room.id).toBe(id)
            expect(room).toMatchObject({ member_count: 2, peer: { id: other } })
            known.set(name, room.id)
          } else if (what === 'leave') await leave(user, id).catch(() => undefined)
          else
            await write((work) => sendMessage(work, { user, data: { room_id: id, message: 'x' } })).catch(
              () => undefined,
            )
        }
        for (const each of ['alice', 'bob', 'carol']) {
          const own = await rooms(each)
          const names = own.map(({ peer }) => peer?.id).filter((id) => id !== undefined)
          expect(new Set(names).size).toBe(names.length)
        }
        await close()
        closing.pop()
      }),
      { numRuns: 8 },
    )
  })

  it('[S68] names those who have reacted, never more than twenty, alike in every page and event', async () => {
    const { write, read } = await open()
    const many = Array.from({ length: 25 }, (_, at) => `u${String(at).padStart(2, '0')}`)
    await write((work) => createRoom(work, { id: 'r', members: ['alice', ...many] }))
    await write((work) => sendMessage(work, { user: 'alice', data: { room_id: 'r', message: 'x' } }))
    const tap = (user: string, reaction: string, isOn = true) =>
      write((work) => react(work, { user, data: { room_id: 'r', message_id: 'm1', reaction } }, isOn))
    for (const user of [...many].reverse()) await tap(user, '👍')
    const { reactions } = await tap('alice', '🎉')
    const expected = [
      { name: '👍', count: 25, me: false, user_ids: many.slice(0, 20) },
      { name: '🎉', count: 1, me: true, user_ids: ['alice'] },
    ]
    expect(reactions).toEqual(expected)
    const page = await read((on) => getHistory(on, { user: 'alice', data: { room_id: 'r' } }))
    expect(page.messages[0]?.reactions).toEqual(expected)
    await tap('u00', '👍', false)
    expect((await tap('alice', '🎉', false)).reactions).toEqual([
      { name: '👍', count: 24, me: false, user_ids: many.slice(1, 21) },
    ])
  })

  it('[S67] lets into a room only whom the application lets', async () => {
    const { write } = await open()
    await write((work) => createRoom(work, { id: 'open', members: ['alice'] }))
    await write((work) => createRoom(work, { id: 'closed', kind: 'direct', members: ['alice'] }))
    const join = (room_id: string, mayJoin?: Parameters<typeof joinRoom>[2]) =>
      write((work) => joinRoom(work, { user: 'bob', data: { room_id } }, mayJoin))
    await refused(join('closed'), 'forbidden')
    await refused(
      join('open', ({ name }) => name !== 'open'),
      'forbidden',
    )
    expect((await join('open')).room).toMatchObject({ id: 'open' })
    // Who is in already is answered, whatever may be.
    expect((await join('open', () => false)).room).toMatchObject({ id: 'open' })
  })
})

describe('over the wire', () => {
  const open = async (options: Parameters<ReturnType<typeof createChatWorld>['start']>[0] = {}) => {
    const world = createChatWorld()
    const live = world.start({ users: PEOPLE.map((id) => ({ id, username: id })), ...options })
    return { ...world, live, join: (user: string, path?: string) => world.join(live, user, path) }
  }

  it('[S66] answers who made it, then tells all members of the room, whole, on all their connections', async () => {
    const { join, request, clock, failures } = await open()
    const [alice, bob, phone, carol] = [
      await join('alice'),
      await join('bob'),
      await join('bob'),
      await join('carol'),
    ]
    const made = await alice.ask('create_room', { kind: 'direct', members: ['bob'], client_id: 'c1' })
    await clock.advance(1_000)
    expect(alice.frames.map(({ type }) => type).filter((type) => type !== 'user_status')).toEqual([
      'welcome',
      'response',
      'room_added',
      'room_updated',
    ])
    const { room } = made.data as { room: { id: string } }
    for (const each of [bob, phone])
      expect(each.ofType('room_added')).toMatchObject([
        {
          room_id: room.id,
          data: { room: { id: room.id, kind: 'direct', peer: { id: 'alice' }, member_count: 2 } },
        },
      ])
    for (const [each, peer] of [
      [alice, 'bob'],
      [bob, 'alice'],
    ] as const)
      for (const { data } of each.ofType('room_updated'))
        expect(data).toMatchObject({ room: { peer: { id: peer } } })
    expect(carol.ofType('room_added')).toEqual([])
    // Live for all of them, from now on.
    await request(bob, 'subscribe_room', { room_id: room.id })
    await request(alice, 'chat_message', { room_id: room.id, message: 'hello' })
    await clock.advance(1_000)
    expect(bob.ofType('chat_message')).toMatchObject([{ message: { content: 'hello' } }])
    expect(phone.ofType('room_updated').at(-1)).toMatchObject({
      data: { room: { last_message: { content: 'hello' }, peer: { id: 'alice' } } },
    })
    expect(await request(bob, 'create_room', { kind: 'direct', members: ['alice'] })).toMatchObject({
      room: { id: room.id, unread_count: 1 },
    })
    await clock.advance(1_000)
    expect(bob.ofType('room_added')).toHaveLength(1)
    expect(failures).toEqual([])
  })

  it('[S67] asks the application with the user of the connection', async () => {
    const { join, refusal, request } = await open({
      mayCreateRoom: ({ user, room }) => user.id === 'alice' && room.kind === 'group',
      mayJoinRoom: ({ user, room }) => user.id === 'alice' || room.kind === 'channel',
    })
    const [alice, bob] = [await join('alice'), await join('bob')]
    const { room } = (await request(alice, 'create_room', { name: 'Plans' })) as { room: { id: string } }
    expect(await refusal(bob, 'create_room', { name: 'Plans' })).toMatchObject({
      code: 'forbidden',
      retryable: false,
    })
    expect(await refusal(bob, 'join_room', { room_id: room.id })).toMatchObject({ code: 'forbidden' })
    expect(await refusal(bob, 'join_room', { room_id: 'no' })).toMatchObject({ code: 'not_found' })
  })
})
