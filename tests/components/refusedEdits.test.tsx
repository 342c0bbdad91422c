/** A change of a message that the server does not take: what was written is not lost. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, configure, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ChatProvider } from '../../src/chat/index.ts'
import { Conversation } from '../../storybook/components/room/Conversation.tsx'
import { createWorld, type World } from '../chat/kit.ts'

configure({ reactStrictMode: true })

let world: World
const session = { user: 'alice' }

const part = (value: object) => btoa(JSON.stringify(value))
const tokenOf = (user: string) => `${part({ alg: 'none' })}.${part({ sub: user, username: user })}.`

beforeEach(() => {
  localStorage.clear()
  session.user = 'alice'
  world = createWorld({
    rooms: [
      { id: 'pier', messages: [{ id: 'm1', sender: 'alice', content: 'At nine' }] },
      { id: 'quay', messages: [{ id: 'q1', sender: 'bob', content: 'Ahoy' }] },
    ],
  })
})
afterEach(() => {
  cleanup()
  world.close()
  vi.restoreAllMocks()
})

const pass = (ms = 100) => act(() => world.pass(ms))
const none = () => undefined

async function openPage() {
  const chat = world.newChat('', { tokenManager: { getAccessToken: () => tokenOf(session.user) } })
  const queryClient = new QueryClient()
  const inRoom = (roomId: string) => (
    <QueryClientProvider client={queryClient}>
      <ChatProvider chat={chat}>
        <Conversation
          key={roomId}
          roomId={roomId}
          around={undefined}
          onJumpTo={none}
          hrefOf={String}
          readOnlyReason={undefined}
        />
      </ChatProvider>
    </QueryClientProvider>
  )
  const { rerender } = render(inRoom('pier'))
  await pass()
  return { chat, goTo: (roomId: string) => act(() => rerender(inRoom(roomId))) }
}

const field = () => screen.getByRole<HTMLTextAreaElement>('textbox', { name: 'Message' })
const type = (text: string) => act(() => void fireEvent.change(field(), { target: { value: text } }))
const press = (key: string) => act(() => void fireEvent.keyDown(field(), { key }))
const isEditing = () => screen.queryByText('Edit message') !== null
const notice = () => screen.getByRole('status', { name: 'What was done' }).textContent

/** The refusal takes a second to come. */
function refuseLate() {
  world.server.faults.rejectNext('edit_message', {
    code: 'forbidden',
    message: 'Too late to change it',
    retryable: false,
  })
  world.server.faults.latencyMs = 1_000
}

async function saveChange(text: string) {
  await press('ArrowUp')
  expect([isEditing(), field().value]).toEqual([true, 'At nine'])
  refuseLate()
  await type(text)
  await press('Enter')
  expect([isEditing(), field().value]).toEqual([false, ''])
}

it('[C130] is being changed again, with what was written', async () => {
  await openPage()
  await saveChange('At ten')
  await pass(3_000)
  expect([isEditing(), field().value]).toEqual([true, 'At ten'])
  expect(notice()).toBe('The change was not taken: Too late to change it')
  world.server.faults.latencyMs = 0
  await type('At ten sharp')
  await press('Enter')
  await pass()
  expect(world.server.state().rooms[0]?.messages[0]?.content).toBe('At ten sharp')
  expect([isEditing(), field().value]).toEqual([false, ''])
})

it('[C130] goes below what was typed meanwhile', async () => {
  await openPage()
  await saveChange('At ten')
  await type('What I say next')
  await pass(3_000)
  expect([isEditing(), field().value]).toEqual([false, 'What I say next\nAt ten'])
})

it('[C130] is a draft where the message is gone', async () => {
  await openPage()
  await press('ArrowUp')
  await type('At ten')
  world.server.act('alice', 'delete_message', { room_id: 'pier', message_id: 'm1' })
  await pass()
  await press('Enter')
  await pass()
  expect([isEditing(), field().value]).toEqual([false, 'At ten'])
  expect(notice()).toMatch(/^The change was not taken: .*deleted/)
})

it('[C130] is there when one comes back into the room, and not in another one', async () => {
  const { goTo } = await openPage()
  await saveChange('At ten')
  await goTo('quay')
  await pass(3_000)
  expect([isEditing(), field().value]).toEqual([false, ''])
  await goTo('pier')
  await pass(3_000)
  expect([isEditing(), field().value]).toEqual([true, 'At ten'])
})

it('[C130] is its author’s', async () => {
  const { chat } = await openPage()
  await saveChange('At ten')
  session.user = 'bob'
  await act(async () => chat.signIn())
  await pass(5_000)
  expect([chat.currentUser()?.id, isEditing(), field().value, notice()]).toEqual(['bob', false, '', ''])
  session.user = 'alice'
  await act(async () => chat.signIn())
  await pass(10_000)
  expect([chat.currentUser()?.id, field().value]).toEqual(['alice', 'At ten'])
})
