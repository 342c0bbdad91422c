/** What the list of rooms counts in a room that somebody looks at: at every notification. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, render } from '@testing-library/react'
import { type ReactNode, StrictMode } from 'react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  ChatProvider,
  type ChatRoom,
  type UseReadStateResult,
  useChatRooms,
  useChatWebSocket,
  useReadState,
} from '../../src/chat/index.ts'
import { createWorld, seeded, type World } from './kit.ts'

let world: World
const hasFocus = vi.fn(() => true)
beforeEach(() => {
  hasFocus.mockReturnValue(true)
  vi.spyOn(document, 'hasFocus').mockImplementation(hasFocus)
})
afterEach(() => {
  cleanup()
  vi.restoreAllMocks()
  world.close()
})

const pass = async (ms = 2_000) => {
  await act(() => world.pass(10))
  await act(() => world.pass(ms))
}
const say = (content = 'hello') => world.server.inject('a', { sender: 'bob', content })

let readState: UseReadStateResult

/** This DOM has no layout: the list is as high as what shows of it, so its reader is at the end. */
function Room() {
  const { messages, messagesEndRef } = useChatWebSocket('a', { readWhenSeen: true })
  readState = useReadState('a')
  return (
    <div style={{ overflowY: 'auto' }}>
      {messages.length}
      <div ref={messagesEndRef} />
    </div>
  )
}

function List() {
  useChatRooms()
  return null
}

async function open(Frame: (props: { children: ReactNode }) => ReactNode = ({ children }) => children) {
  world = createWorld({ rooms: ['a', 'b'].map((id) => ({ id, messages: seeded(10) })) })
  const chat = world.newChat('alice')
  const queryClient = new QueryClient()
  const page = (isOpen: boolean) => (
    <Frame>
      <QueryClientProvider client={queryClient}>
        <ChatProvider chat={chat}>
          <List />
          {isOpen && <Room />}
        </ChatProvider>
      </QueryClientProvider>
    </Frame>
  )
  const view = render(page(true))
  await pass()
  const key = chat.rooms().queryKey
  const counts: unknown[] = []
  const room = () => queryClient.getQueryData<readonly ChatRoom[]>(key)?.find(({ id }) => id === 'a')
  const count = () => (room()?.unread_count ?? 0) + (room()?.mention_count ?? 0)
  queryClient.getQueryCache().subscribe(() => {
    if (counts.at(-1) !== count()) counts.push(count())
  })
  return {
    /** Every number that the badge showed since it was last asked. */
    shown: () => counts.splice(0, counts.length - 1).concat(count()),
    scroller: view.container.querySelector('div') as HTMLElement,
    leave: () => view.rerender(page(false)),
    comeBack: () => view.rerender(page(true)),
  }
}

const pointer = () => {
  const { rooms } = world.server.act('alice', 'get_rooms', {}) as { rooms: readonly ChatRoom[] }
  return rooms.find(({ id }) => id === 'a')
}

describe('[C101] the badge of a room', () => {
  it.each([
    ['plain', undefined],
    ['in StrictMode', StrictMode],
  ] as const)('that one reads never shows a number, %s', async (_how, Frame) => {
    const { shown } = await open(Frame as undefined)
    expect(shown()).toEqual([0])
    for (const text of ['one', '@alice two', 'three']) {
      say(text)
      await pass(200)
    }
    await pass()
    say('four')
    await pass()
    expect(shown()).toEqual([0])
    expect(pointer()).toMatchObject({ unread_count: 0, mention_count: 0 })
  })

  it('stays empty where one leaves before the server has heard, and counts what comes then', async () => {
    const { shown, leave, comeBack } = await open()
    world.server.faults.latencyMs = 300
    say()
    await pass(400)
    leave()
    await pass(5_000)
    expect(shown()).toEqual([0])
    say('@alice')
    await pass()
    expect(shown()).toEqual([0, 2])
    comeBack()
    await pass()
    expect(shown()).toEqual([2, 0])
  })

  it('counts what comes while one has left and what one saw is still being told', async () => {
    const { shown, leave } = await open()
    world.server.faults.latencyMs = 300
    say()
    await pass(400)
    leave()
    say('unseen')
    await pass(5_000)
    expect(shown().at(-1)).toBe(1)
    expect(pointer()).toMatchObject({ unread_count: 1 })
  })

  it('counts without the focus, and away from the end', async () => {
    const { shown, scroller } = await open()
    hasFocus.mockReturnValue(false)
    act(() => void window.dispatchEvent(new Event('blur')))
    say()
    await pass()
    expect(shown()).toEqual([0, 1])
    hasFocus.mockReturnValue(true)
    act(() => void window.dispatchEvent(new Event('focus')))
    await pass()
    expect(shown()).toEqual([1, 0])
    vi.spyOn(scroller, 'scrollHeight', 'get').mockReturnValue(2_000)
    act(() => void scroller.dispatchEvent(new Event('scroll')))
    say()
    await pass()
    expect(shown()).toEqual([0, 1])
  })

  it('shows what is marked as unread, here and elsewhere', async () => {
    const { shown, leave } = await open()
    const { id } = say()
    await pass()
    await act(async () => {
      void readState.markUnread(id)
      await world.pass(1_000)
    })
    expect(shown()).toEqual([0, 1])
    // Another message is read, and everything before it.
    say()
    await pass()
    expect(shown().at(-1)).toBe(0)
    world.server.act('alice', 'mark_unread', { room_id: 'a', message_id: id })
    await pass()
    leave()
    await pass()
    expect(shown().at(-1)).toBe(2)
  })

  it('leaves no count behind where another device reads', async () => {
    const { shown } = await open()
    hasFocus.mockReturnValue(false)
    act(() => void window.dispatchEvent(new Event('blur')))
    const { id } = say()
    await pass()
    world.server.act('alice', 'read_receipt', { room_id: 'a', message_id: id })
    await pass()
    expect(shown()).toEqual([0, 1, 0])
  })
})
