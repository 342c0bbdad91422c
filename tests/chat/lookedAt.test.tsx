/** What a message that arrives makes of a room on screen: counted, not timed. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, render } from '@testing-library/react'
import { memo, Profiler } from 'react'
import { afterEach, expect, it } from 'vitest'
import type { ChatMessage } from '../../src/chat/index.ts'
import { ChatProvider, keyOf, useChatWebSocket, useMessages, useReadState } from '../../src/chat/index.ts'
import { createWorld, ROOM, seeded, type World } from './kit.ts'

let world: World
afterEach(() => {
  cleanup()
  world.close()
})

const counts = { lists: 0, rows: 0, commits: 0 }

const Row = memo(function Row({ message }: { readonly message: ChatMessage }) {
  counts.rows++
  return <li>{message.content}</li>
})

const hooks: Record<string, () => readonly ChatMessage[]> = {
  useMessages: () => useMessages(ROOM).messages,
  useChatWebSocket: () => useChatWebSocket(ROOM).messages,
  'useMessages with useReadState': () => {
    useReadState(ROOM)
    return useMessages(ROOM).messages
  },
}

it.each(Object.entries(hooks))(
  '[C104] %s: a message is one commit and one row, and leaves the other rows the objects that they are',
  async (_name, useRows) => {
    world = createWorld({ rooms: [{ id: ROOM, messages: seeded(120) }] })
    const chat = world.newChat('alice')
    let shown: readonly ChatMessage[] = []
    function List() {
      counts.lists++
      shown = useRows()
      return shown.map((message) => <Row key={keyOf(message)} message={message} />)
    }
    render(
      <QueryClientProvider client={new QueryClient()}>
        <ChatProvider chat={chat}>
          <Profiler id="list" onRender={() => counts.commits++}>
            <List />
          </Profiler>
        </ChatProvider>
      </QueryClientProvider>,
    )
    const pass = (ms: number) => act(() => world.pass(ms))
    await pass(1_000)
    const before = shown
    expect(before.length).toBeGreaterThanOrEqual(50)
    Object.assign(counts, { lists: 0, rows: 0, commits: 0 })
    const arriving = 10
    for (let at = 0; at < arriving; at++) {
      world.server.inject(ROOM, { sender: 'bob', content: `new ${at}` })
      await pass(100)
    }
    expect(shown).toHaveLength(before.length + arriving)
    for (const [at, message] of before.entries()) expect(shown[at]).toBe(message)
    expect(counts.rows).toBe(arriving)
    // Counts of what is unread come from the room list, in a write of their own.
    const most = _name.includes('useReadState') ? 2 * arriving : arriving
    expect(counts.commits).toBeLessThanOrEqual(most)
    expect(counts.lists).toBeLessThanOrEqual(most)
  },
)
