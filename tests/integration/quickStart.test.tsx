// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { StrictMode } from 'react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Chat, ChatProvider, createChat } from '../../src/chat/index.ts'
import { backends } from './support/backends.ts'
import QuickStart from './support/QuickStart.tsx'

const stops: (() => unknown)[] = []
afterEach(async () => {
  cleanup()
  for (const stop of stops.splice(0).reverse()) await stop()
})

function open(chat: Chat, roomId: string) {
  const queryClient = new QueryClient()
  stops.push(() => chat.manager.close())
  const view = render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <ChatProvider chat={chat}>
          <QuickStart roomId={roomId} />
        </ChatProvider>
      </QueryClientProvider>
    </StrictMode>,
    { container: document.body.appendChild(document.createElement('div')) },
  )
  return { ...within(view.container), rows: () => view.container.querySelectorAll('.mb-4').length }
}

describe.each(backends)('Quick Start on $name', (backend) => {
  it('chats between two windows, every message once', async () => {
    const room = await backend.room(backend.level === 0 ? 0 : 3)
    stops.push(room.stop)
    const alice = open(createChat(await room.options('alice')), room.id)
    const bob = open(createChat(await room.options('bob')), room.id)
    const user = userEvent.setup()
    await vi.waitFor(() => expect(alice.queryByText('Reconnecting...')).toBeNull(), 5_000)
    await vi.waitFor(() => expect(bob.queryByText('Reconnecting...')).toBeNull(), 5_000)
    const old = backend.level === 0 ? 0 : 3
    await vi.waitFor(() => expect(bob.rows()).toBe(old), 5_000)
    await vi.waitFor(() => expect(alice.rows()).toBe(old), 5_000)

    await user.type(alice.getByPlaceholderText('Type a message...'), 'Hello Bob')
    await user.click(alice.getByRole('button', { name: 'Send' }))
    expect(alice.getAllByText('Hello Bob')).toHaveLength(1)
    await vi.waitFor(() => expect(bob.getAllByText('Hello Bob')).toHaveLength(1), 5_000)
    expect(alice.getByPlaceholderText('Type a message...')).toHaveProperty('value', '')

    await user.type(bob.getByPlaceholderText('Type a message...'), 'Hello Alice{Enter}')
    await vi.waitFor(() => expect(alice.getAllByText('Hello Alice')).toHaveLength(1), 5_000)
    // The echo and the acknowledgement have both come by now; neither may have doubled a row.
    expect(alice.getAllByText('Hello Bob')).toHaveLength(1)
    expect(bob.getAllByText('Hello Alice')).toHaveLength(1)
    expect(alice.rows()).toBe(old + 2)
    expect(bob.rows()).toBe(old + 2)
  })
})
