/** Messages that are deleted, and may be brought back for five seconds: whatever happens meanwhile, and to whomever. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, configure, fireEvent, renderHook, screen } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type ChatMessage, ChatProvider, useMessages } from '../../src/chat/index.ts'
import { useMessageActions } from '../../storybook/components/actions/useMessageActions.ts'
import { RoomMembers } from '../../storybook/components/room/RoomMembers.tsx'
import { createWorld, ROOM, type World } from '../chat/kit.ts'

configure({ reactStrictMode: true })

const part = (value: object) => btoa(JSON.stringify(value))
const tokenOf = (user: string) => `${part({ alg: 'none' })}.${part({ sub: user, username: user })}.`

let world: World

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  localStorage.clear()
  world = createWorld({ rooms: [{ id: ROOM, messages: [said('a1'), said('a2')] }] })
})
afterEach(() => {
  cleanup()
  world.close()
  vi.restoreAllMocks()
  vi.useRealTimers()
})

function said(id: string) {
  return { id, sender: 'alice', content: `${id} by alice` }
}

const pass = (ms: number) =>
  act(async () => {
    await world.pass(ms)
    await vi.advanceTimersByTimeAsync(ms)
    await world.pass(50)
  })

/** A page, as whoever its session says. */
async function openPage(user = 'alice', extra: ReactNode = null) {
  const session = { user }
  const say = vi.fn<(text: string) => void>()
  const chat = world.newChat('', { tokenManager: { getAccessToken: () => tokenOf(session.user) } })
  const queryClient = new QueryClient()
  const options = { say, onAnswer: () => undefined, markUnread: async () => undefined, hrefOf: String }
  const { result, unmount } = renderHook(
    () => {
      const { messages } = useMessages(ROOM)
      return { messages, ...useMessageActions(ROOM, options) }
    },
    {
      wrapper: ({ children }) => (
        <QueryClientProvider client={queryClient}>
          <ChatProvider chat={chat}>
            {children}
            {extra}
          </ChatProvider>
        </QueryClientProvider>
      ),
    },
  )
  await pass(100)
  const messageOf = (id: string) => {
    const found = result.current.messages.find((message) => message.id === id)
    if (!found) throw new Error(`No message is called ${id}`)
    return found
  }
  return {
    chat,
    say,
    session,
    unmount,
    heldKeys: () => [...result.current.heldKeys],
    texts: () => result.current.messages.map(({ content }) => content),
    remove: (id: string) => act(() => result.current.actions.remove(messageOf(id))),
    restore: (message: ChatMessage) => act(() => result.current.actions.restore(message)),
    messageOf,
    async become(next: string) {
      session.user = next
      await act(async () => chat.signIn())
      await pass(1_000)
    },
  }
}

/** Of the server's messages those that are still there. */
const left = () =>
  (world.server.state().rooms[0]?.messages ?? [])
    .filter((message) => !('deleted_at' in message))
    .map(({ id }) => id)

const written = () => Object.keys(localStorage).filter((key) => key.startsWith('querywire.removal/'))

/** As a page has left it that is gone. */
function leave(messageId: string, { dueInMs = 0, authorId = 'alice', roomId = ROOM as string } = {}) {
  const removal = { authorId, roomId, messageId, dueAt: Date.now() + dueInMs }
  const entry = `querywire.removal/${JSON.stringify([authorId, roomId, messageId])}`
  localStorage.setItem(entry, JSON.stringify(removal))
  return entry
}

describe('a deleted message', () => {
  it('[C129] is deleted after five seconds, and not where it was brought back; nothing stays written down', async () => {
    const page = await openPage()
    const first = page.messageOf('a1')
    page.remove('a1')
    page.remove('a2')
    expect(page.heldKeys()).toHaveLength(2)
    expect(written()).toHaveLength(2)
    expect(JSON.stringify(localStorage)).not.toContain('by alice')
    page.restore(first)
    await pass(4_500)
    expect(left()).toEqual(['a1', 'a2'])
    await pass(1_000)
    expect(left()).toEqual(['a1'])
    expect(page.heldKeys()).toEqual([])
    expect(written()).toEqual([])
    expect(page.say.mock.lastCall).toEqual(['Message brought back'])
  })

  it('[C129] of a page that is gone is deleted by the next one: at once where it is due', async () => {
    leave('a1', { dueInMs: -1_000 })
    const page = await openPage()
    await pass(100)
    expect(left()).toEqual(['a2'])
    expect(written()).toEqual([])
    expect(page.say).not.toHaveBeenCalled()
  })

  it('[C129] that another tab may still bring back is left to it until then', async () => {
    leave('a1', { dueInMs: 3_000 })
    const entry = leave('a2', { dueInMs: 3_000 })
    await openPage()
    await pass(3_500)
    expect(left()).toEqual(['a1', 'a2'])
    localStorage.removeItem(entry)
    await pass(1_000)
    expect(left()).toEqual(['a2'])
  })

  it('[C129] waits no longer than it was to be held, whatever the clocks say', async () => {
    leave('a1', { dueInMs: 86_400_000 })
    await openPage()
    await pass(6_500)
    expect(left()).toEqual(['a2'])
  })

  it('[C129] is asked for when its room is left, and also where the storage refuses', async () => {
    vi.spyOn(globalThis, 'localStorage', 'get').mockImplementation(() => {
      throw new Error('Refused')
    })
    const page = await openPage()
    page.remove('a1')
    page.unmount()
    await pass(100)
    expect(left()).toEqual(['a2'])
  })

  it('[C129] may be asked for twice: by a page that goes away, and by the next', async () => {
    const page = await openPage()
    page.remove('a1')
    act(() => void dispatchEvent(new Event('pagehide')))
    await pass(100)
    expect(left()).toEqual(['a2'])
    expect(written()).toHaveLength(1)
    const next = await openPage()
    await pass(7_000)
    expect(world.sent('delete_message').length).toBeGreaterThan(1)
    expect(left()).toEqual(['a2'])
    expect(written()).toEqual([])
    for (const { say } of [page, next]) {
      expect(say).not.toHaveBeenCalledWith(expect.stringContaining('Could not'))
    }
    expect([page.texts(), next.texts()]).toEqual([['a2 by alice'], ['a2 by alice']])
  })

  it('[C129] is not read out of what is not written here', async () => {
    for (const text of ['', 'null', '{', '{"authorId":"alice"}', '[1]']) {
      localStorage.setItem(`querywire.removal/${text}`, text)
    }
    leave('a1', { authorId: 'bob' })
    leave('a2', { roomId: 'elsewhere' })
    await openPage()
    await pass(7_000)
    expect(left()).toEqual(['a1', 'a2'])
  })
})

describe('whose', () => {
  it('[C129] nobody else deletes it, or hears of it: it waits for its author', async () => {
    const page = await openPage()
    page.remove('a1')
    await page.become('bob')
    expect(page.heldKeys()).toEqual([])
    await pass(10_000)
    expect(world.sent('delete_message')).toEqual([])
    expect(page.say.mock.calls).toEqual([['Message deleted. Undo within five seconds.']])
    await page.become('alice')
    await pass(1_500)
    expect(left()).toEqual(['a2'])
    expect(page.say).toHaveBeenCalledOnce()
  })

  it('[C129] neither where the next one leaves the room, nor where it was on its way', async () => {
    const page = await openPage()
    page.remove('a1')
    await pass(4_000)
    world.server.faults.refuseNext(1013, 3)
    world.server.faults.disconnectAll()
    await pass(1_500)
    await page.become('bob')
    await pass(20_000)
    expect(page.chat.currentUser()?.id).toBe('bob')
    expect(page.say.mock.calls).toEqual([['Message deleted. Undo within five seconds.']])
    page.unmount()
    await pass(1_000)
    expect(left()).toEqual(['a1', 'a2'])
    await openPage()
    await pass(1_500)
    expect(left()).toEqual(['a2'])
  })
})

it('[C129] is deleted before its author ends the membership', async () => {
  const page = await openPage('alice', <RoomMembers roomId={ROOM} canLeave />)
  page.remove('a1')
  const press = async (name: string) => {
    fireEvent.click(screen.getByRole('button', { name, hidden: true }))
    await pass(100)
  }
  await press('Members')
  await press('Leave the room')
  await press('Leave')
  const [room] = world.server.state().rooms
  expect(room?.members.some(({ userKey }) => userKey.includes('alice'))).toBe(false)
  expect(left()).toEqual(['a2'])
  await pass(7_000)
  expect(page.say).toHaveBeenCalledOnce()
  expect(written()).toEqual([])
})
