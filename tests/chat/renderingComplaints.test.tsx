/** What people complain about in the trackers of chat libraries: rendering too much, and connecting twice. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, render } from '@testing-library/react'
import { memo, StrictMode } from 'react'
import { afterEach, describe, expect, it } from 'vitest'
import {
  type ChatMessage,
  ChatProvider,
  keyOf,
  useMessages,
  useReadState,
  useTyping,
} from '../../src/chat/index.ts'
import { createWorld, ROOM, seeded, type World } from './kit.ts'

let world: World
afterEach(() => {
  cleanup()
  world.close()
})
const start = (options?: Parameters<typeof createWorld>[0]): World => {
  world = createWorld(options)
  return world
}
const serverIds = () => (world.server.state().rooms[0]?.messages ?? []).map(({ id }) => String(id))

describe('complaints', () => {
  it('[C47] everything renders again: one new message renders one row; typing and receipts render none', async () => {
    const { newChat, pass, server } = start({ rooms: [{ id: ROOM, messages: seeded(40) }] })
    const chat = newChat('alice')
    const queryClient = new QueryClient()
    const renders = new Map<string, number>()
    const Row = memo(function Row({ message }: { readonly message: ChatMessage }) {
      renders.set(message.content, (renders.get(message.content) ?? 0) + 1)
      return <li>{message.content}</li>
    })
    function Room() {
      const { messages } = useMessages(ROOM)
      useTyping(ROOM)
      useReadState(ROOM)
      return messages.map((message) => <Row key={keyOf(message)} message={message} />)
    }
    render(
      <QueryClientProvider client={queryClient}>
        <ChatProvider chat={chat}>
          <Room />
        </ChatProvider>
      </QueryClientProvider>,
    )
    await act(() => pass())
    expect(renders.size).toBe(40)
    renders.clear()
    await act(async () => {
      server.act('bob', 'typing_indicator', { room_id: ROOM, is_typing: true })
      server.act('bob', 'read_receipt', { room_id: ROOM, message_id: serverIds().at(-1) })
      await pass()
    })
    expect([...renders]).toEqual([])
    await act(async () => {
      server.inject(ROOM, { sender: 'bob', content: 'new' })
      await pass()
    })
    expect([...renders]).toEqual([['new', 1]])
  })

  it('[C49] StrictMode connects twice: one socket, one request, and nothing left behind', async () => {
    const { newChat, pass, sent, sockets, held } = start({ rooms: [{ id: ROOM, messages: seeded(3) }] })
    const chat = newChat('alice')
    const queryClient = new QueryClient()
    function Room() {
      const { messages } = useMessages(ROOM)
      useTyping(ROOM)
      return messages.map((message) => <li key={keyOf(message)}>{message.content}</li>)
    }
    const view = render(
      <StrictMode>
        <QueryClientProvider client={queryClient}>
          <ChatProvider chat={chat}>
            <Room />
          </ChatProvider>
        </QueryClientProvider>
      </StrictMode>,
    )
    await act(() => pass())
    expect(view.container.querySelectorAll('li')).toHaveLength(3)
    expect(sockets).toHaveLength(1)
    expect(sent('get_history')).toHaveLength(1)
    view.unmount()
    await pass(20_000)
    expect(held()).toMatchObject({ sockets: 0, listeners: 0 })
  })
})
