// @vitest-environment node
/** The rules of the chat, on every store. */
import fc from 'fast-check'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { getHistory } from '../../../src/server/chat/domain/history.ts'
import {
  addMember,
  createRoom,
  joinRoom,
  leaveRoom,
  removeMember,
  updateRoom,
} from '../../../src/server/chat/domain/members.ts'
import { deleteMessage, editMessage, sendMessage } from '../../../src/server/chat/domain/messages.ts'
import { bury } from '../../../src/server/chat/domain/presence.ts'
import { react } from '../../../src/server/chat/domain/reactions.ts'
import { markUnread, moveRead } from '../../../src/server/chat/domain/readState.ts'
import { getMembers, getRooms } from '../../../src/server/chat/domain/rooms.ts'
import { findRoom } from '../../../src/server/chat/domain/work.ts'
import {
  beginWriting,
  endForgotten,
  endMessage,
  growMessage,
} from '../../../src/server/chat/domain/writing.ts'
import { wait } from '../../../src/server/chat/steps.ts'
import { HARMLESS_URLS, HOSTILE_URLS } from '../../frames/urls.ts'
import { createChatWork } from '../support/chatWork.ts'
import { STORES, stopPostgres } from '../support/stores.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})
afterAll(stopPostgres)

const ROOM = { room_id: 'r' }

describe.each(Object.entries(STORES))('the chat on the %s store', (_name, create) => {
  const open = async (limits = {}) => {
    const under = await create()
    closing.push(under.close)
    const chat = createChatWork(under.store, limits)
    await chat.migrate()
    await chat.migrate()
    await chat.write((work) =>
      createRoom(work, { id: 'r', name: 'Room', members: ['alice', 'bob', 'carol'] }),
    )
    const send = (user: string, message: string, more: object = {}) =>
      chat.write((work) => sendMessage(work, { user, data: { ...ROOM, message, ...more } }))
    const room = async (user: string) =>
      (await chat.read((read) => getRooms(read, { user, data: {} }))).rooms[0]
    const history = (user: string, data: object = {}) =>
      chat.read((read) => getHistory(read, { user, data: { ...ROOM, ...data } }))
    const on = (user: string, message_id: string, more: object = {}) => ({
      user,
      data: { ...ROOM, message_id, ...more },
    })
    return { ...under, ...chat, send, room, history, on }
  }

  it('[S61] ends what a process was writing that is gone, with what was stored', async () => {
    const { write, read, history, on } = await open()
    const begin = (process: string) =>
      write((work) =>
        beginWriting(work, { user: 'bob', data: { ...ROOM, message: '' }, process, isAlone: false }),
      )
    const [dead, alive, quiet] = [await begin('p1'), await begin('p2'), await begin('p1')]
    expect(await write((work) => growMessage(work, dead, 'half \0 of'))).toBe(true)
    await write((work) => react(work, on('alice', String(dead.message.id), { reaction: '👍' }), true))
    expect(await write((work) => growMessage(work, dead, 'half \0 of it'))).toBe(true)
    await write((work) => endForgotten(work, { process: 'p3', isAlone: false }))
    const statuses = async () => (await history('alice')).messages.map(({ status }) => status)
    expect(await statuses()).toEqual(['streaming', 'streaming', 'streaming'])
    await write((work) => bury(work, 'p1'))
    expect(await statuses()).toEqual(['failed', 'streaming', 'failed'])
    expect((await history('alice')).messages[0]).toMatchObject({
      content: 'half \0 of it',
      version: 3,
      reactions: [{ count: 1, me: true }],
    })
    expect(await write((work) => growMessage(work, quiet, 'more'))).toBe(false)
    expect(await write((work) => endMessage(work, dead, { status: 'done' }))).toMatchObject({ isNew: false })
    await write((work) => deleteMessage(work, on('bob', String(alive.message.id))))
    expect(await read(({ tables }) => wait(tables.writings()))).toEqual([])
    await begin('p4')
    await write((work) => endForgotten(work, { process: 'p5', isAlone: true }))
    expect(await statuses()).toEqual(['failed', 'failed', 'failed'])
  })

  it('[S36] keeps a message once, by its room, sender and client id, and answers it as it is now', async () => {
    const { send, write, on, history } = await open()
    const first = await send('alice', 'hello', {
      client_id: 'c1',
      metadata: { a: [1, null] },
      reply_to_id: 7,
    })
    expect(first).toMatchObject({
      isNew: true,
      message: { content: 'hello', client_id: 'c1', version: 1, reply_to_id: 7, metadata: { a: [1, null] } },
    })
    await write((work) => editMessage(work, on('alice', 'm1', { message: 'hello!' })))
    const again = await send('alice', 'hello', { client_id: 'c1' })
    expect(again).toMatchObject({ isNew: false, message: { id: 'm1', content: 'hello!', version: 2 } })
    // Somebody else's may be called the same.
    expect(await send('bob', 'hello', { client_id: 'c1' })).toMatchObject({ isNew: true })
    expect((await history('carol')).messages.map(({ content }) => content)).toEqual(['hello!', 'hello'])
  })

  it('[S37] counts what is unread from the messages', async () => {
    const { send, write, on, room } = await open()
    for (const text of ['one', 'two @bob', 'three @BOB. @bob', 'four @alice']) await send('alice', text)
    await send('bob', 'five')
    expect(await room('bob')).toMatchObject({ unread_count: 4, mention_count: 2, last_read_message_id: null })
    expect(await room('alice')).toMatchObject({ unread_count: 1, mention_count: 0 })
    expect((await write((work) => moveRead(work, on('bob', 'm2')))).state).toMatchObject({
      unread_count: 2,
      mention_count: 1,
      last_read_message_id: 'm2',
    })
    await write((work) => deleteMessage(work, on('alice', 'm3')))
    expect(await room('bob')).toMatchObject({ unread_count: 1, mention_count: 0 })
    await write((work) => editMessage(work, on('alice', 'm4', { message: 'for @bob' })))
    expect(await room('bob')).toMatchObject({ unread_count: 1, mention_count: 1 })
    // Older than what was read: nothing moves.
    expect((await write((work) => moveRead(work, on('bob', 'm1')))).state).toMatchObject({
      last_read_message_id: 'm2',
    })
    expect((await write((work) => markUnread(work, on('bob', 'm5')))).state).toMatchObject({
      last_read_message_id: 'm2',
    })
    expect((await write((work) => markUnread(work, on('bob', 'm1')))).state).toMatchObject({
      unread_count: 3,
      mention_count: 2,
      last_read_message_id: null,
    })
    // Over one that was deleted.
    expect((await write((work) => moveRead(work, on('bob', 'm3')))).state).toMatchObject({ unread_count: 1 })
  })

  it('[S38] pages a history by its messages, without the deleted ones', async () => {
    const { send, write, on, history } = await open()
    for (let n = 1; n <= 9; n++) await send('alice', `${n}`)
    for (const id of ['m1', 'm5', 'm9']) await write((work) => deleteMessage(work, on('alice', id)))
    const page = async (data: object) => {
      const { messages, has_older, has_newer } = await history('bob', data)
      return [messages.map(({ content }) => content).join(''), has_older, has_newer]
    }
    expect(await page({ limit: 3 })).toEqual(['678', true, false])
    expect(await page({ limit: 6 })).toEqual(['234678', false, false])
    expect(await page({ before: 'm6', limit: 2 })).toEqual(['34', true, true])
    expect(await page({ before: 'm2' })).toEqual(['', false, true])
    expect(await page({ after: 'm3', limit: 2 })).toEqual(['46', true, true])
    expect(await page({ after: 'm9' })).toEqual(['', true, false])
    expect(await page({ around: 'm5', limit: 4 })).toEqual(['3467', true, true])
    expect(await page({ around: 'm2', limit: 4 })).toEqual(['2346', false, true])
    await expect(history('bob', { before: 'm2', after: 'm2' })).rejects.toMatchObject({
      body: { code: 'invalid' },
    })
    await expect(history('bob', { around: 'nobody' })).rejects.toMatchObject({ body: { code: 'not_found' } })
    await expect(history('bob', { limit: 0 })).rejects.toMatchObject({ body: { code: 'invalid' } })
    await expect(history('mallory')).rejects.toMatchObject({ body: { code: 'not_member' } })
  })

  it('[S39] counts each reaction of each user once, in order of first use', async () => {
    const { send, write, on, history } = await open({ reactionNames: 2, reactions: 4 })
    await send('alice', 'hello')
    const tap = (user: string, reaction: string, isOn = true) =>
      write((work) => react(work, on(user, 'm1', { reaction }), isOn))
    expect(await tap('bob', '__proto__')).toEqual({
      reactions: [{ name: '__proto__', count: 1, me: true, user_ids: ['bob'] }],
      version: 2,
    })
    expect(await tap('bob', '__proto__')).toMatchObject({ version: 2 })
    await tap('alice', '🎉')
    expect(await tap('alice', '__proto__')).toMatchObject({ version: 4 })
    expect((await history('bob')).messages[0]).toMatchObject({
      version: 4,
      reactions: [
        { name: '__proto__', count: 2, me: true, user_ids: ['alice', 'bob'] },
        { name: '🎉', count: 1, me: false },
      ],
    })
    await expect(tap('bob', 'third')).rejects.toMatchObject({ body: { code: 'too_many' } })
    expect(await tap('bob', '__proto__', false)).toMatchObject({
      reactions: [
        { name: '__proto__', count: 1, me: false },
        { name: '🎉', count: 1, me: false },
      ],
    })
    await tap('alice', '__proto__', false)
    expect((await history('bob')).messages[0]?.reactions).toEqual([
      { name: '🎉', count: 1, me: false, user_ids: ['alice'] },
    ])
    await write((work) => deleteMessage(work, on('alice', 'm1')))
    await expect(tap('bob', '🎉')).rejects.toMatchObject({ body: { code: 'not_found' } })
  })

  it('[S40] lets in and out, and shows everybody their room as it is for them', async () => {
    const { write, read, room, send } = await open({ roomsPerUser: 2, membersPerRoom: 4 })
    await send('alice', 'before')
    const joined = await write((work) => joinRoom(work, { user: 'dave', data: ROOM }))
    expect(joined.room).toMatchObject({ member_count: 4, unread_count: 0, last_read_message_id: 'm1' })
    await expect(write((work) => addMember(work, 'r', 'eve'))).rejects.toMatchObject({
      body: { code: 'too_many' },
    })
    const before = Number((await room('dave'))?.version)
    await write((work) => leaveRoom(work, { user: 'dave', data: ROOM }))
    await expect(write((work) => leaveRoom(work, { user: 'dave', data: ROOM }))).rejects.toMatchObject({
      body: { code: 'not_member' },
    })
    await write((work) => addMember(work, 'r', { id: 'dave', username: 'Dave' }))
    expect(Number((await room('dave'))?.version)).toBeGreaterThan(before)
    const { members } = await read((on) => getMembers(on, { user: 'alice', data: ROOM }))
    expect(members.map(({ user }) => user.username)).toEqual(['alice', 'bob', 'carol', 'Dave'])
    await write((work) => createRoom(work, { id: 2, kind: 'direct', members: ['alice'] }))
    await expect(
      write((work) => joinRoom(work, { user: 'bob', data: { room_id: 2 } })),
    ).rejects.toMatchObject({
      body: { code: 'forbidden' },
    })
    await write((work) => createRoom(work, { id: 3, members: ['bob'] }))
    await expect(write((work) => addMember(work, 3, 'alice'))).rejects.toMatchObject({
      body: { code: 'too_many' },
    })
    await write((work) => updateRoom(work, 'r', { name: 'Other' }))
    expect((await read((on) => getRooms(on, { user: 'alice', data: {} }))).rooms).toMatchObject([
      { id: 2 },
      { id: 'r', name: 'Other' },
    ])
    await write(function* (work) {
      yield* removeMember(work, yield* findRoom(work, 'r'), { user: 'dave', reason: 'spam' })
    })
    expect(await room('dave')).toBeUndefined()
  })

  it('[S41] pages the rooms by their place in the order', async () => {
    const { write, read } = await open()
    for (const id of ['a', 'b', 'c', 'd']) await write((work) => createRoom(work, { id, members: ['dave'] }))
    const page = (data: Record<string, unknown>) => read((on) => getRooms(on, { user: 'dave', data }))
    const first = await page({ limit: 2 })
    expect(first.rooms.map(({ id }) => id)).toEqual(['d', 'c'])
    await write((work) => sendMessage(work, { user: 'dave', data: { room_id: 'a', message: 'up' } }))
    const second = await page({ limit: 2, cursor: first.next_cursor })
    expect([second.rooms.map(({ id }) => id), second.next_cursor]).toEqual([['b'], null])
    await expect(page({ cursor: 'x' })).rejects.toMatchObject({ body: { code: 'invalid' } })
  })

  it('[S62] keeps attachments as they came, also of a message without text, in pages and events, until it is deleted', async () => {
    const { send, write, on, history } = await open()
    const attachments = [
      {
        id: 'f1',
        name: 'pier.jpg',
        mime_type: 'image/jpeg',
        size: 0,
        url: '/files/1',
        width: 4,
        height: 3,
        blur: 'x',
      },
      {
        id: 2,
        name: 'a',
        mime_type: '',
        size: 2 ** 53 - 1,
        url: 'blob:https://a.b/c',
        width: null,
        height: null,
      },
    ]
    const { message } = await send('alice', '', { attachments })
    expect(message.attachments).toEqual(attachments)
    expect((await history('bob')).messages.at(-1)?.attachments).toEqual(attachments)
    const none = await send('alice', 'x', { attachments: null })
    expect(none.message).not.toHaveProperty('attachments')
    await write((work) => deleteMessage(work, on('alice', String(message.id))))
    expect(JSON.stringify(await history('bob'))).not.toContain('pier.jpg')
  })

  it('[S63] refuses attachments that are too many or too large, and says which field does not fit', async () => {
    const { send } = await open()
    const file = { id: 1, name: 'a.txt', mime_type: 'text/plain', size: 1, url: '/files/1' }
    const refusal = (attachments: unknown) =>
      send('alice', 'x', { attachments }).then(
        () => 'taken',
        ({ body }) => `${body.code} ${/"(.*)"/.exec(body.message)?.[1]}`,
      )
    expect(await refusal(Array(10).fill(file))).toBe('taken')
    expect(await refusal(Array(11).fill(file))).toBe('too_many undefined')
    expect(await refusal([{ ...file, extra: 'x'.repeat(16_400) }])).toBe('too_large attachments')
    for (const odd of ['x', 5, {}, true]) expect(await refusal(odd)).toBe('invalid attachments')
    for (const odd of [null, 5, 'x', []]) expect(await refusal([file, odd])).toBe('invalid attachments[1].id')
    const misfits = {
      id: [undefined, null, '', 'x'.repeat(257), {}, true],
      name: [undefined, '', 'x'.repeat(256), 5],
      mime_type: [undefined, null, 'x'.repeat(256), 5],
      size: [undefined, -1, 0.5, 2 ** 53, '1', null],
      url: [undefined, '', ' ', 5, `/${'x'.repeat(2_048)}`],
      width: [-1, 0.5, '1', {}],
      height: [-1, 0.5, '1', {}],
    }
    for (const [name, values] of Object.entries(misfits)) {
      for (const value of values)
        expect(await refusal([{ ...file, [name]: value }])).toBe(`invalid attachments[0].${name}`)
    }
  })

  it('[S64] takes no address that runs anything', async () => {
    const { send } = await open()
    const sending = (url: string) =>
      send('alice', 'x', { attachments: [{ id: 1, name: 'a', mime_type: 'a/b', size: 1, url }] })
    for (const url of HOSTILE_URLS)
      await expect(sending(url), url).rejects.toMatchObject({ body: { code: 'invalid' } })
    for (const url of HARMLESS_URLS) await expect(sending(url), url).resolves.toMatchObject({ isNew: true })
  })

  it('[S42] refuses what is too long, too large, empty or no id', async () => {
    const { send, write, on, history } = await open({ messageLength: 3, attachmentLength: 100 })
    const code = (refused: Promise<unknown>) => expect(refused).rejects.toHaveProperty('body.code')
    await expect(send('alice', '🎉🎉🎉')).resolves.toMatchObject({ isNew: true })
    await expect(send('alice', '🎉🎉🎉🎉')).rejects.toMatchObject({ body: { code: 'too_long' } })
    await expect(send('alice', ' \n')).rejects.toMatchObject({ body: { code: 'empty' } })
    await expect(send('alice', 'x', { metadata: 'x'.repeat(99) })).rejects.toMatchObject({
      body: { code: 'too_large' },
    })
    for (const bad of ['', 'a\0', '\ud800', {}, [], 'x'.repeat(257), true]) {
      await code(send('alice', 'x', { client_id: bad }))
      await code(send('alice', 'x', { room_id: bad }))
      await code(write((work) => react(work, on('alice', 'm1', { reaction: bad }), true)))
    }
    // A text may hold them.
    await expect(send('alice', 'a\0\ud800')).resolves.toMatchObject({ message: { content: 'a\0\ud800' } })
    expect((await history('bob')).messages.at(-1)?.content).toBe('a\0\ud800')
  })

  const USERS = ['alice', 'bob', 'carol', 'dave'] as const
  const step = fc.record({
    user: fc.constantFrom(...USERS),
    what: fc.constantFrom(
      'send',
      'send',
      'send',
      'repeat',
      'edit',
      'delete',
      'react',
      'unreact',
      'read',
      'unread',
      'join',
      'leave',
    ),
    at: fc.integer({ min: 0, max: 30 }),
    calls: fc.constantFrom(...USERS, ''),
  })

  it('[S43] agrees with a plain model, whatever is done in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const chat = await open()
        const model = createModel(['alice', 'bob', 'carol'])
        const versions = new Map<string, number>()
        for (const [turn, { user, what, at, calls }] of steps.entries()) {
          const text = `${turn} ${calls && `@${calls}`}`
          const message_id = `m${model.messages.length === 0 ? 1 : (at % model.messages.length) + 1}`
          const target = chat.on(user, message_id)
          const did = await (() => {
            switch (what) {
              case 'send':
                return chat.send(user, text, { client_id: `c${turn}` })
              case 'repeat':
                return chat.send(user, text, { client_id: `c${at}` })
              case 'edit':
                return chat.write((work) => editMessage(work, chat.on(user, message_id, { message: text })))
              case 'delete':
                return chat.write((work) => deleteMessage(work, target))
              case 'react':
              case 'unreact':
                return chat.write((work) =>
                  react(work, chat.on(user, message_id, { reaction: calls || 'x' }), what === 'react'),
                )
              case 'read':
                return chat.write((work) => moveRead(work, target))
              case 'unread':
                return chat.write((work) => markUnread(work, target))
              case 'join':
                return chat.write((work) => joinRoom(work, target))
              case 'leave':
                return chat.write((work) => leaveRoom(work, target))
            }
          })().then(
            () => true,
            (error: { body?: unknown }) => {
              if (!error.body) throw error
              return false
            },
          )
          expect(
            model.act({ user, what, text, at, turn, id: message_id, reaction: calls || 'x' }),
            `${turn} ${what}`,
          ).toBe(did)
          for (const each of USERS) {
            const room = await chat.room(each)
            expect(
              room && {
                unread: room.unread_count,
                mentions: room.mention_count,
                last: room.last_message?.content,
                read: room.last_read_message_id,
                members: room.member_count,
              },
              `${turn} ${what} as ${each} sees it`,
            ).toEqual(model.room(each))
            const { version = 0 } = room ?? {}
            if (room) {
              expect(version).toBeGreaterThanOrEqual(versions.get(each) ?? 0)
              versions.set(each, version)
            }
          }
        }
        const viewer = USERS.find((each) => model.room(each))
        if (viewer) {
          const { messages } = await chat.history(viewer, { limit: 200 })
          expect(
            messages.map(({ id, content, version, reactions }) => ({ id, content, version, reactions })),
          ).toEqual(model.history(viewer))
        }
        await closing.pop()?.()
      }),
      { numRuns: 25 },
    )
  })
})

interface ModelMessage {
  readonly id: string
  readonly sender: string
  readonly clientId: string
  text: string
  mentions: string[]
  isDeleted: boolean
  version: number
  reactions: Map<string, Set<string>>
}

/** Counts by looking at everything. */
function createModel(first: readonly string[]) {
  const messages: ModelMessage[] = []
  const members = new Map<string, number>(first.map((user) => [user, 0]))
  const living = () => messages.filter(({ isDeleted }) => !isDeleted)
  const placeOf = (message: ModelMessage | undefined) => (message ? messages.indexOf(message) + 1 : 0)
  const called = (text: string, sender: string) =>
    [...members.keys()].filter((user) => user !== sender && text.endsWith(`@${user}`))
  return {
    messages,
    act({
      user,
      what,
      text,
      at,
      turn,
      id,
      reaction,
    }: {
      user: string
      what: string
      text: string
      at: number
      turn: number
      id: string
      reaction: string
    }): boolean {
      if (what === 'join') {
        if (!members.has(user)) members.set(user, placeOf(living().at(-1)))
        return true
      }
      if (!members.has(user)) return false
      if (what === 'leave') return members.delete(user)
      if (what === 'send' || what === 'repeat') {
        const clientId = what === 'send' ? `c${turn}` : `c${at}`
        if (messages.some((message) => message.sender === user && message.clientId === clientId)) return true
        messages.push({
          id: `m${messages.length + 1}`,
          sender: user,
          clientId,
          text,
          mentions: called(text, user),
          isDeleted: false,
          version: 1,
          reactions: new Map(),
        })
        return true
      }
      const message = messages.find((each) => each.id === id)
      if (!message) return false
      const place = placeOf(message)
      const read = members.get(user) ?? 0
      if (what === 'read') members.set(user, Math.max(read, place))
      else if (what === 'unread') members.set(user, Math.min(read, place - 1))
      else if (message.isDeleted) return false
      else if (what === 'react' || what === 'unreact') {
        const users = message.reactions.get(reaction) ?? new Set()
        if (users.has(user) !== (what === 'react')) message.version++
        if (what === 'react') message.reactions.set(reaction, users.add(user))
        else if (users.delete(user) && users.size === 0) message.reactions.delete(reaction)
      } else if (message.sender !== user) return false
      else if (what === 'edit' && message.text !== text) {
        Object.assign(message, { text, mentions: called(text, user), version: message.version + 1 })
      } else if (what === 'delete') Object.assign(message, { isDeleted: true, mentions: [] })
      return true
    },
    room: (user: string) => {
      const read = members.get(user)
      if (read === undefined) return undefined
      const unread = messages.slice(read).filter((message) => message.sender !== user && !message.isDeleted)
      return {
        unread: unread.length,
        mentions: unread.filter(({ mentions }) => mentions.includes(user)).length,
        last: living().at(-1)?.text,
        read: messages[read - 1]?.id ?? null,
        members: members.size,
      }
    },
    history: (viewer: string) =>
      living().map(({ id, text, version, reactions }) => ({
        id,
        content: text,
        version,
        reactions: [...reactions].map(([name, users]) => ({
          name,
          count: users.size,
          me: users.has(viewer),
          user_ids: [...users].sort(),
        })),
      })),
  }
}
