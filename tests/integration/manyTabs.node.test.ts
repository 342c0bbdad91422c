/** Two people with three tabs each, over a network and a server at their worst. */
import { InfiniteQueryObserver, QueryClient, QueryObserver } from '@tanstack/react-query'
import { nanoid } from 'nanoid'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type ChatMessage, type ChatOptions, createChat } from '../../src/chat/index.ts'
import { type ChatServer, createChatServer, mountOnNode } from '../../src/testing/index.ts'
import { browserEnvironment } from '../../src/transport/index.ts'

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

const EACH = 500
const USERS = ['alice', 'bob'] as const

function tokenOf(user: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part({ sub: user, username: user })}.`
}

/** One browser tab: a chat and a cache of its own, the room on screen, and the unread count in the room list. */
function openTab(user: string, roomId: string, options: ChatOptions) {
  const chat = createChat({
    ...options,
    tokenManager: { getAccessToken: () => tokenOf(user) },
  } as ChatOptions)
  const queryClient = new QueryClient()
  const history = new InfiniteQueryObserver(queryClient, chat.messages(roomId))
  const readState = new QueryObserver(queryClient, chat.readState(roomId))
  stops.push(() => chat.manager.close(), chat.live.connect(queryClient), chat.start())
  stops.push(
    history.subscribe(() => undefined),
    readState.subscribe(() => undefined),
  )
  const rows = (): ChatMessage[] =>
    (history.getCurrentResult().data?.pages ?? []).toReversed().flatMap((page) => [...page.items])
  return {
    user,
    rows,
    confirmed: () => rows().flatMap(({ id, local }) => (local ? [] : [String(id)])),
    unread: () => readState.getCurrentResult().data,
    isReady: () =>
      history.getCurrentResult().isSuccess &&
      readState.getCurrentResult().isSuccess &&
      chat.live.status(queryClient, history.options.queryKey).status === 'live',
    send: (text: string) => chat.sendMessage.start(queryClient, text, { roomId }),
    markRead: (message_id: string) => chat.markRead.start(queryClient, { message_id }, { roomId }),
    async loadEverything() {
      while (history.getCurrentResult().hasNextPage) await history.fetchNextPage({ cancelRefetch: false })
    },
  }
}

type Tab = ReturnType<typeof openTab>

/** Everything both say, spread over their tabs, a few at a time, so that all of it meets all kinds of trouble. */
async function talk(tabs: readonly Tab[], server: ChatServer): Promise<void> {
  const sending: Promise<unknown>[] = []
  const restarts = new Map([
    [125, () => server.faults.restart({ downMs: 150 })],
    [250, () => server.faults.restart({ newEpoch: true })],
    [375, () => server.faults.restart({ downMs: 300 })],
  ])
  for (let at = 0; at < EACH; at++) {
    restarts.get(at)?.()
    for (const user of USERS) {
      const own = tabs.filter((tab) => tab.user === user)
      const tab = own[at % own.length]
      if (tab) sending.push(tab.send(`${user} ${at}`))
    }
    if (at % 5 === 4) await new Promise((resolve) => setTimeout(resolve, 4))
  }
  await Promise.all(sending)
}

describe.each([
  { level: 3, topology: 'one socket' },
  { level: 3, topology: 'a socket per room' },
  { level: 2, topology: 'one socket' },
  { level: 2, topology: 'a socket per room' },
] as const)('two people, three tabs each, level $level, $topology', ({ level, topology }) => {
  it('[C33] shows every message once, in one order, and the counts of the server, in every tab', async () => {
    const roomId = `room-${nanoid(6)}`
    const server = createChatServer({ level, users: USERS, rooms: [{ id: roomId }], seed: 7 })
    const mount = await mountOnNode(server)
    stops.push(() => mount.close())
    const { WebSocket } = await import('ws')
    const tabs = USERS.flatMap((user) =>
      [1, 2, 3].map(() =>
        openTab(user, roomId, {
          url: mount.url,
          environment: browserEnvironment({ WebSocket }),
          debug: false,
          reconnect: { intervalMs: 50 },
          ...(topology === 'one socket' && { endpoint: '/ws/' }),
        }),
      ),
    )
    const until = (check: () => void, timeout = 20_000) => vi.waitFor(check, { timeout, interval: 20 })
    await until(() => expect(tabs.every((tab) => tab.isReady())).toBe(true))

    Object.assign(server.faults, { drop: 0.05, duplicate: 0.05, reorder: 0.05, latencyMs: 5 })
    await talk(tabs, server)
    Object.assign(server.faults, { drop: 0, duplicate: 0, reorder: 0 })
    // What was lost last is noticed when something follows it.
    for (const user of USERS) await tabs.find((tab) => tab.user === user)?.send(`${user} is done`)

    const room = () => server.state().rooms[0]
    const order = (room()?.messages ?? []).map(({ id }) => String(id))
    expect(order).toHaveLength(2 * EACH + 2)
    for (const tab of tabs) {
      await until(() => expect(tab.isReady()).toBe(true))
      await tab.loadEverything()
      await until(() => expect(tab.rows().filter(({ local }) => local)).toEqual([]))
      await until(() => expect(tab.confirmed()).toEqual(order))
    }

    const counts = (user: string) => {
      const member = room()?.members.find(({ userKey }) => userKey === user)
      return { unread_count: member?.unreadCount, mention_count: member?.mentionCount }
    }
    expect(counts('alice').unread_count).toBe(EACH + 1)
    for (const tab of tabs) await until(() => expect(tab.unread()).toMatchObject(counts(tab.user)))

    const half = order[EACH] ?? ''
    await tabs[0]?.markRead(half)
    for (const tab of tabs) {
      await until(() => expect(tab.unread()).toMatchObject(counts(tab.user)))
      if (tab.user === 'alice') expect(tab.unread()?.last_read_message_id).toBe(half)
    }
  }, 90_000)
})
