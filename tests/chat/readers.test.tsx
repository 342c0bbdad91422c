import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, configure, renderHook } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterEach, expect, it } from 'vitest'
import {
  type ChatMessage,
  ChatProvider,
  useChat,
  useMessages,
  useReaders,
  useSendMessage,
} from '../../src/chat/index.ts'
import { createWorld, ROOM, type WindowOptions, type World } from './kit.ts'

configure({ reactStrictMode: true })

let world: World
afterEach(() => {
  cleanup()
  world.close()
})

const pass = (ms = 100) => act(() => world.pass(ms))

function show<T>(hook: () => T, options?: WindowOptions) {
  const chat = world.newChat('alice', options)
  const queryClient = new QueryClient()
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={queryClient}>
      <ChatProvider chat={chat}>{children}</ChatProvider>
    </QueryClientProvider>
  )
  return renderHook(hook, { wrapper })
}

const nothing: ChatMessage = {
  id: '',
  room_id: ROOM,
  sender: { id: '', username: '' },
  content: '',
  timestamp: '',
}

it('[C114] tells who has read one message, live: neither oneself nor its sender, and nobody while it is not sent', async () => {
  world = createWorld()
  for (const message of ['first', 'second']) {
    world.server.act('bob', 'chat_message', { room_id: ROOM, message })
  }
  const { result } = show(() => {
    const { messages } = useMessages(ROOM)
    const { send } = useSendMessage(ROOM)
    const readersOf = (message = nothing) => useReaders(message)?.map(({ user }) => user.id)
    const [first, second] = messages
    return { send, messages, first: readersOf(first), second: readersOf(second), own: readersOf(messages[2]) }
  })
  await pass()
  const [first, second] = result.current.messages
  expect(result.current).toMatchObject({ first: [], second: [], own: undefined })
  const read = (user: string, id: unknown) =>
    world.server.act(user, 'read_receipt', { room_id: ROOM, message_id: id as string })
  for (const user of ['alice', 'bob', 'carol']) read(user, first?.id)
  await pass()
  expect(result.current).toMatchObject({ first: ['carol'], second: [] })
  read('carol', second?.id)
  await pass()
  expect(result.current).toMatchObject({ first: ['carol'], second: ['carol'] })
  world.server.faults.latencyMs = 5_000
  await act(async () => result.current.send('mine'))
  await pass()
  expect(result.current.messages).toHaveLength(3)
  expect(result.current.own).toEqual([])
  await pass(20_000)
  world.server.faults.latencyMs = 0
  read('bob', world.server.state().rooms[0]?.messages.at(-1)?.id)
  await pass()
  expect(result.current.own).toEqual(['bob'])
})

it('[C114] says nothing of a message that is further back than what is loaded', async () => {
  world = createWorld()
  for (let at = 0; at < 60; at++) {
    world.server.act('bob', 'chat_message', { room_id: ROOM, message: `${at}` })
  }
  const [old, last] = [0, 59].map((at) => world.server.state().rooms[0]?.messages[at])
  for (const user of ['carol'])
    world.server.act(user, 'read_receipt', { room_id: ROOM, message_id: String(last?.id) })
  const { result } = show(() => [old, last].map((message) => useReaders(message as ChatMessage)))
  expect(result.current).toEqual([undefined, undefined])
  await pass()
  expect(result.current).toMatchObject([undefined, [{ user: { id: 'carol' } }]])
})

it.each([undefined, 3])(
  '[C115] says how long a message may be, and refuses what is longer',
  async (maxLength) => {
    world = createWorld()
    const { result } = show(() => ({ chat: useChat(), ...useSendMessage(ROOM) }), { maxLength })
    await pass()
    const limit = result.current.chat.maxLength
    expect(limit).toBe(maxLength ?? 4_000)
    await act(() => result.current.send('😀'.repeat(limit)))
    await expect(result.current.send('😀'.repeat(limit + 1))).rejects.toMatchObject({ reason: 'too_long' })
  },
)
