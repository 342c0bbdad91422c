// @vitest-environment node
/** The chat of this library and the chat of the kit, with a network between that loses what it can. */
import { InfiniteQueryObserver, notifyManager, QueryClient, QueryObserver } from '@tanstack/react-query'
import { describe, expect, it } from 'vitest'
import { createChat } from '../../../src/chat/createChat.ts'
import { type ChatMember, type ChatMessage, type ChatRoom, isStreaming } from '../../../src/chat/index.ts'
import { localBus } from '../../../src/server/bus.ts'
import type { ChatWriter } from '../../../src/server/index.ts'
import { createRandom } from '../../../src/testing/server/random.ts'
import { createChatWorld, MEMBERS } from '../support/chatWorld.ts'
import { createLine } from '../support/line.ts'

// TanStack tells observers in a macrotask; time here moves by hand.
notifyManager.setScheduler(queueMicrotask)

const ROOM = 'general'
const part = (value: object) => btoa(JSON.stringify(value))
const tokenOf = (user: string) => `${part({ alg: 'none' })}.${part({ sub: user, username: user })}.`

function openWindow(
  { clock, accept, random }: Pick<Parameters<typeof createLine>[0], 'clock' | 'accept' | 'random'>,
  user: string,
) {
  const line = createLine({ clock, random, accept })
  const chat = createChat({
    url: 'ws://chat.example',
    endpoint: '/ws/',
    tokenManager: { getAccessToken: () => tokenOf(user) },
    reconnect: { intervalMs: 20, maxIntervalMs: 200 },
    environment: line.environment,
    debug: false,
  })
  const queryClient = new QueryClient()
  const history = new InfiniteQueryObserver(queryClient, chat.messages(ROOM))
  const rooms = new QueryObserver(queryClient, chat.rooms())
  const members = new QueryObserver(queryClient, chat.members(ROOM))
  const stops = [chat.live.connect(queryClient), chat.start()]
  for (const observer of [history, rooms, members])
    stops.push(observer.subscribe(() => undefined) as () => void)
  const rows = (): ChatMessage[] =>
    (history.getCurrentResult().data?.pages ?? []).toReversed().flatMap((page) => [...page.items])
  return {
    user,
    chat,
    line,
    queryClient,
    rows,
    rooms: () => (rooms.getCurrentResult().data ?? []) as readonly ChatRoom[],
    members: () => (members.getCurrentResult().data ?? []) as readonly ChatMember[],
    close: () => {
      for (const stop of stops.reverse()) stop()
      chat.manager.close()
    },
  }
}

const SCHEDULES = Number(process.env.CHAT_SCHEDULES ?? 12)
const SEED = Number(process.env.CHAT_SEED ?? 1)

const shown = ({ id, content, version, status, reactions, sender }: ChatMessage) => ({
  id,
  content,
  version,
  status,
  sender: sender.id,
  reactions: (reactions ?? []).map(({ name, count, me }) => ({ name, count, me: me ?? false })),
})

async function runSchedule(seed: number): Promise<void> {
  const random = createRandom(seed)
  const pick = <T>(all: readonly T[]) => all[Math.floor(random() * all.length)] as T
  const world = createChatWorld()
  const { clock } = world
  const bus = localBus()
  const servers = [world.start({ bus }), world.start({ bus })]
  const [server] = servers as [(typeof servers)[0]]
  await server.chat.createRoom({ id: ROOM, members: MEMBERS })
  await server.chat.createRoom({ id: 'other', members: MEMBERS })
  const authenticated =
    (accept: (typeof servers)[0]['accept']): typeof accept =>
    (socket, request) => {
      const token = new URLSearchParams(request.url.split('?')[1]).get('token') ?? ''
      const { sub } = JSON.parse(atob(token.split('.')[1] ?? '')) as { sub: string }
      return accept(socket, { ...request, url: `/ws/?token=${sub}` })
    }
  const windows = [...MEMBERS, 'alice'].map((user, at) =>
    openWindow(
      { clock, random, accept: authenticated((servers[at % 2] as (typeof servers)[0]).accept) },
      user,
    ),
  )
  const pass = async (ms: number) => {
    await clock.flush()
    await clock.advance(ms)
    await clock.flush()
  }
  await pass(500)
  const writing = new Map<unknown, ChatWriter>()
  const said = new Map<unknown, string>()
  /** Somebody answers piece by piece. */
  const write = async (step: number) => {
    const roll = random()
    if (roll < 0.08) {
      const { chat } = pick(servers)
      const writer = await chat.write(ROOM, { sender: pick(['alice', 'bob']) })
      writing.set(writer.message.id, writer)
    }
    const some = pick([...writing.values()])
    if (!some || roll > 0.7) return
    const words = ['so ', '😀', '漢字 ', `${step} `, '@bob '].filter(() => random() < 0.5).join('')
    const { id } = some.message
    said.set(id, `${said.get(id) ?? ''}${words}`)
    some.append(words)
    if (roll < 0.62) return
    writing.delete(id)
    await some.end()
  }
  const ignore = () => undefined
  const tried = (work: unknown) => void Promise.resolve(work).catch(ignore)
  for (let step = 0; step < 60; step++) {
    const { chat, line, queryClient, rows, user } = pick(windows)
    const message = pick(rows().filter(({ local }) => !local))
    const params = { roomId: ROOM }
    await write(step)
    const streaming = rows().find(isStreaming)
    const roll = random()
    if (streaming && roll < 0.05)
      tried(chat.stopMessage.start(queryClient, { message_id: streaming.id }, params))
    else if (roll < 0.3) tried(chat.sendMessage.start(queryClient, `${step}`, params))
    else if (roll < 0.4)
      await server.chat
        .postMessage(pick([ROOM, 'other']), { sender: pick(MEMBERS), content: `@${user} ${step}` })
        .catch(ignore)
    else if (message && roll < 0.55)
      tried(
        chat.react.start(
          queryClient,
          { message_id: message.id, reaction: pick(['👍', '🎉']), remove: random() < 0.4 },
          params,
        ),
      )
    else if (message && roll < 0.65 && message.sender.id === user)
      tried(chat.editMessage.start(queryClient, { message_id: message.id, content: `edit ${step}` }, params))
    else if (message && roll < 0.7 && message.sender.id === user)
      tried(chat.deleteMessage.start(queryClient, { message_id: message.id }, params))
    else if (message && roll < 0.8)
      tried(chat.markRead.start(queryClient, { message_id: message.id }, params))
    else if (roll < 0.85) line.disconnect()
    else if (roll < 0.9) line.connect()
    else if (roll < 0.93) line.deafen()
    else if (roll < 0.95) await server.chat.removeMember(ROOM, 'carol')
    else await server.chat.addMember(ROOM, 'carol')
    await pass(random() < 0.5 ? 5 : random() * 400)
    // An edit is shown before it is refused.
    for (const each of windows)
      for (const { id, content } of each.rows().filter(isStreaming))
        expect(
          content.startsWith('edit') || (said.get(id) ?? '').startsWith(content),
          `${each.user} shows ${content}`,
        ).toBe(true)
  }
  for (const writer of writing.values()) await writer.end()
  await server.chat.addMember(ROOM, 'carol')
  for (const { line } of windows) {
    line.calm()
    line.connect()
  }
  // Longer than any heartbeat.
  for (let turn = 0; turn < 12; turn++) await pass(10_000)
  for (const each of windows) {
    const direct = await world.join(server, each.user)
    const { messages, has_older } = (await world.request(direct, 'get_history', {
      room_id: ROOM,
      limit: 200,
    })) as { messages: ChatMessage[]; has_older: boolean }
    const { rooms } = (await world.request(direct, 'get_rooms')) as { rooms: ChatRoom[] }
    const { members } = (await world.request(direct, 'get_members', { room_id: ROOM })) as {
      members: ChatMember[]
    }
    direct.hangUp()
    expect(has_older).toBe(false)
    const rows = each.rows().filter(({ local }) => !local)
    expect(rows.map(shown), each.user).toEqual(messages.slice(-rows.length).map(shown))
    const counts = ({
      id,
      unread_count,
      mention_count,
      last_read_message_id,
      last_message,
      member_count,
    }: ChatRoom) => ({
      id,
      unread_count,
      mention_count,
      last_read_message_id,
      last: last_message?.content,
      member_count,
    })
    expect(each.rooms().map(counts), each.user).toEqual(rooms.map(counts))
    // How far others have read is told in passing, and may be missed.
    const ids = (all: readonly ChatMember[]) => all.map(({ user }) => String(user.id)).sort()
    expect(ids(each.members()), each.user).toEqual(ids(members))
  }
  for (const each of windows) each.close()
  expect(world.failures).toEqual([])
}

describe('a chat on the kit', () => {
  it(`[S49] shows what the server has, after ${SCHEDULES} random schedules`, async () => {
    for (let seed = SEED; seed < SEED + SCHEDULES; seed++) {
      try {
        await runSchedule(seed)
      } catch (error) {
        throw new Error(`CHAT_SEED=${seed} CHAT_SCHEDULES=1`, { cause: error })
      }
    }
  })
})
