// @vitest-environment node
/** Many writers at once, on every store, each in a process of its own where the store has several. */
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { getHistory } from '../../../src/server/chat/domain/history.ts'
import { createRoom } from '../../../src/server/chat/domain/members.ts'
import { sendMessage } from '../../../src/server/chat/domain/messages.ts'
import { react } from '../../../src/server/chat/domain/reactions.ts'
import { getRooms } from '../../../src/server/chat/domain/rooms.ts'
import { createChatWork } from '../support/chatWork.ts'
import { STORES, stopPostgres } from '../support/stores.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})
afterAll(stopPostgres)

const ROOM = { room_id: 'r' }
const USERS = ['alice', 'bob', 'carol', 'dave']

describe.each(Object.entries(STORES))('writers on the %s store', (name, create) => {
  it('[S36] store each message once, and count alike', async () => {
    const under = await create()
    closing.push(under.close)
    const others = [under.store, under.another(), under.another()]
    // Ids are drawn, as those of processes are.
    const chats = others.map((store) => createChatWork(store, {}, () => crypto.randomUUID()))
    const [chat] = chats as [(typeof chats)[0]]
    await Promise.all(chats.map(({ migrate }) => migrate()))
    await chat.write((work) => createRoom(work, { id: 'r', members: USERS }))
    const sends = USERS.flatMap((user) =>
      Array.from({ length: 6 }, (_, n) => ({
        user,
        data: { ...ROOM, message: `${user} ${n} @alice`, client_id: `c${n}` },
      })),
    )
    const heads = new Set<number>()
    // Each of them twice, from different processes.
    const answers = await Promise.all(
      [...sends, ...sends].map(async (asked, at) => {
        const { message, isNew } = await (chats[at % chats.length] as typeof chat).write((work) =>
          sendMessage(work, asked),
        )
        heads.add(message.seq)
        return isNew
      }),
    )
    expect(answers.filter(Boolean)).toHaveLength(sends.length)
    expect(heads.size).toBe(sends.length)
    const { messages } = await chat.read((read) =>
      getHistory(read, { user: 'bob', data: { ...ROOM, limit: 200 } }),
    )
    expect(messages.map(({ sender, client_id }) => `${sender.id} ${client_id}`).sort()).toEqual(
      sends.map(({ user, data }) => `${user} ${data.client_id}`).sort(),
    )
    expect(messages.map(({ seq }) => seq)).toEqual(messages.map(({ seq }) => seq).sort((a, b) => a - b))
    for (const user of USERS) {
      const { rooms } = await chat.read((read) => getRooms(read, { user, data: {} }))
      expect(rooms).toMatchObject([{ unread_count: 18, mention_count: user === 'alice' ? 18 : 0 }])
    }
    const [first] = messages
    const taps = USERS.map((user) => ({ user, data: { ...ROOM, message_id: first?.id, reaction: '👍' } }))
    await Promise.all(
      [...taps, ...taps].map((asked, at) =>
        (chats[at % chats.length] as typeof chat).write((work) => react(work, asked, true)),
      ),
    )
    const page = await chat.read((read) => getHistory(read, { user: 'bob', data: { ...ROOM, limit: 200 } }))
    expect(page.messages[0], name).toMatchObject({
      version: 5,
      reactions: [{ name: '👍', count: 4, me: true }],
    })
  })
})
