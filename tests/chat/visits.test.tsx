/** A room that one leaves and comes back to. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, render } from '@testing-library/react'
import { Activity, type ReactNode, StrictMode } from 'react'
import { afterEach, describe, expect, it } from 'vitest'
import {
  ChatProvider,
  type UseChatWebSocketResult,
  type UseMessagesResult,
  useChatWebSocket,
  useMessages,
  useReadState,
} from '../../src/chat/index.ts'
import { createWorld, seeded, type World } from './kit.ts'

let world: World
afterEach(() => {
  cleanup()
  world.close()
})

const pass = (ms = 500) => act(() => world.pass(ms))
const say = (room: string, content: string) => world.server.inject(room, { sender: 'bob', content })
const oldest = () => world.server.state().rooms[0]?.messages[0]?.id ?? ''

interface Seen {
  view: UseMessagesResult
  other: UseMessagesResult
  room: UseChatWebSocketResult
  firstUnreadId: unknown
}

let seen: Seen
const wrong: string[] = []

function Room({ roomId }: { readonly roomId: string }) {
  seen = {
    view: useMessages(roomId),
    other: useMessages(roomId),
    room: useChatWebSocket(roomId),
    firstUnreadId: useReadState(roomId).firstUnreadId,
  }
  for (const { room_id } of [...seen.view.messages, ...seen.room.messages])
    if (room_id !== roomId) wrong.push(`${roomId} shows ${room_id}`)
  return null
}

async function open(Frame: (props: { children: ReactNode }) => ReactNode) {
  world = createWorld({ rooms: ['a', 'b'].map((id) => ({ id, messages: seeded(120) })) })
  const chat = world.newChat('alice')
  const queryClient = new QueryClient()
  wrong.length = 0
  const page = (children: ReactNode) => (
    <Frame>
      <QueryClientProvider client={queryClient}>
        <ChatProvider chat={chat}>{children}</ChatProvider>
      </QueryClientProvider>
    </Frame>
  )
  const view = render(page(<Room roomId="a" />))
  await pass()
  return async (children: ReactNode, ms?: number) => {
    view.rerender(page(children))
    await pass(ms)
  }
}

const Plain = ({ children }: { children: ReactNode }) => children
const newest = ({ messages }: UseMessagesResult | UseChatWebSocketResult) => messages.at(-1)?.content

describe.each([
  ['plain', Plain],
  ['in StrictMode', StrictMode],
] as const)('%s, a room that one comes back to', (_how, Frame) => {
  it('[C16] starts at its newest message, not at an old jump, however quickly one comes back', async () => {
    const show = await open(Frame as typeof Plain)
    act(() => seen.view.jumpTo(oldest()))
    await pass()
    expect(seen.view.messages[0]?.id).toBe(oldest())
    // The other view of the same room stands where it stood.
    expect(newest(seen.other)).toBe('old 120')
    const { jumpTo } = seen.view
    for (const ms of [0, 10, 6_000]) {
      await show(<Room roomId="b" />, ms)
      // Somebody who still holds on to what was for the room before.
      act(() => jumpTo(oldest()))
      await show(<Room roomId="a" />, ms)
    }
    say('a', 'live')
    await pass()
    expect([newest(seen.view), newest(seen.other)]).toEqual(['live', 'live'])
    expect(wrong).toEqual([])
  })

  it('[C16] is not cleared any more, and has a divider of its own', async () => {
    const show = await open(Frame as typeof Plain)
    act(() => seen.room.clearMessages())
    expect(seen.room.messages).toEqual([])
    // Before the other one has loaded.
    await show(<Room roomId="b" />, 0)
    act(() => seen.room.sendReadReceipt())
    say('a', 'meanwhile')
    await show(<Room roomId="a" />)
    expect(newest(seen.room)).toBe('meanwhile')
    expect(seen.room.messages.length).toBeGreaterThan(1)
  })

  if (Activity) {
    it('[C16] starts at its newest message after it was hidden', async () => {
      const show = await open(Frame as typeof Plain)
      const hiding = (mode: 'visible' | 'hidden') => (
        <Activity mode={mode}>
          <Room roomId="a" />
        </Activity>
      )
      await show(hiding('visible'))
      act(() => seen.view.jumpTo(oldest()))
      await pass()
      expect(seen.view.messages[0]?.id).toBe(oldest())
      await show(hiding('hidden'), 10_000)
      say('a', 'meanwhile')
      await show(hiding('visible'))
      expect(newest(seen.view)).toBe('meanwhile')
    })
  }
})
