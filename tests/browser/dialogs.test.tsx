/** What asks one for something: the focus stays where one can go on, and nothing that was filled in is lost. In a real browser, which alone knows where a focus goes. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { type Chat, ChatProvider, createChat } from '../../src/chat/index.ts'
import { createFakeSocket } from '../../src/testing/fakeSocket.ts'
import { type ChatServer, createChatServer, mountOnFakeSockets } from '../../src/testing/index.ts'
import { browserEnvironment } from '../../src/transport/index.ts'
import { ChatRoom } from '../../storybook/components/ChatRoom.tsx'
import { NewConversation } from '../../storybook/components/newRoom/NewConversation.tsx'
import '../../storybook/components/theme.css'

let server: ChatServer
let chat: Chat
let root: Root
const container = document.createElement('div')
container.className = 'qw'
Object.assign(container.style, { display: 'grid', blockSize: '560px' })

beforeEach(() => {
  server = createChatServer({
    users: ['alice', 'bob', 'carol'],
    rooms: [
      { id: 'pier', name: 'Pier', messages: [{ sender: 'bob', content: 'Ahoy' }] },
      { id: 'open', name: 'Open', members: ['bob'], messages: [{ sender: 'bob', content: 'Come in' }] },
      { id: 'two', kind: 'direct', members: ['bob', 'carol'] },
    ],
  })
  const accept = mountOnFakeSockets(server)
  chat = createChat({
    url: 'ws://localhost:9000',
    endpoint: '/ws/',
    tokenManager: { getAccessToken: () => 'alice' },
    currentUser: { id: 'alice', username: 'alice' },
    debug: false,
    environment: {
      ...browserEnvironment(),
      createSocket(url, protocols) {
        const socket = createFakeSocket(url, protocols)
        queueMicrotask(() => accept(socket))
        return socket
      },
    },
  })
  document.body.append(container)
  root = createRoot(container)
})
afterEach(() => {
  root.unmount()
  container.remove()
  chat.manager.close()
  server.close()
})

const show = (children: ReactNode) =>
  root.render(
    <QueryClientProvider client={new QueryClient()}>
      <ChatProvider chat={chat}>{children}</ChatProvider>
    </QueryClientProvider>,
  )

const button = (name: string) => page.getByRole('button', { name, exact: true })
/** By keyboard: a click gives the focus to some buttons on some systems only. */
async function press(name: string) {
  const element = button(name)
  await expect.element(element).toBeVisible()
  ;(element.element() as HTMLElement).focus()
  await userEvent.keyboard('{Enter}')
}
const focused = () => document.activeElement?.textContent
const refuse = (type: string) =>
  server.faults.rejectNext(type, { code: 'invalid', message: 'Not today', retryable: false })

async function openNew() {
  show(<NewConversation onCreated={() => undefined} />)
  await press('New conversation')
  await userEvent.click(page.getByRole('checkbox', { name: 'bob' }))
  await expect.element(button('Write to bob')).toBeEnabled()
}

describe('[C133] the focus', () => {
  it('stays at the button that makes a room, while one waits and after a refusal', async () => {
    await openNew()
    refuse('create_room')
    server.faults.latencyMs = 300
    await press('Write to bob')
    await vi.waitFor(() => expect(focused()).toBe('One moment…'))
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByText('Not today')).toBeVisible()
    expect(focused()).toBe('Write to bob')
  })

  it('stays at the button that asks to be let in, and goes on into the room', async () => {
    show(<ChatRoom roomId="open" />)
    refuse('join_room')
    server.faults.latencyMs = 300
    await press('Join the room')
    await vi.waitFor(() => expect(focused()).toBe('Asking…'))
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByText('Not today')).toBeVisible()
    expect(focused()).toBe('Join the room')
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByText('Come in')).toBeVisible()
    expect(document.activeElement).toBe(container.querySelector('.qw-chat-room'))
  })

  it('is at what the room says of itself where the answer is no', async () => {
    show(<ChatRoom roomId="two" />)
    await press('Join the room')
    await expect.element(page.getByText('This room is closed')).toBeVisible()
    expect(focused()).toBe('This room is closed')
  })

  it('is at what does no harm when one is asked once more, and stays in the dialog', async () => {
    show(<ChatRoom roomId="pier" />)
    await press('Members')
    expect(focused()).not.toBe('Leave the room')
    await press('Leave the room')
    expect(focused()).toBe('Stay')
    await userEvent.keyboard('{Enter}')
    expect(focused()).toBe('Leave the room')
    await userEvent.keyboard('{Enter}')
    refuse('leave_room')
    server.faults.latencyMs = 300
    await press('Leave')
    await expect.element(page.getByText('Not today')).toBeVisible()
    expect(focused()).toBe('Leave')
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByText('You are no longer in this room')).toBeVisible()
    await vi.waitFor(() => expect(document.activeElement).not.toBe(document.body))
  })
})

describe('[C133] a dialog', () => {
  const at = (element: Element, type: string) =>
    element.dispatchEvent(new PointerEvent(type, { bubbles: true }))

  it('stays open where a text in it is selected to beyond its edge, and is closed by a press beside it', async () => {
    await openNew()
    const dialog = container.querySelector('dialog') as HTMLDialogElement
    const search = page.getByRole('searchbox').element()
    // What a browser makes of it: the click is where the press and its end have met.
    for (const [element, type] of [
      [search, 'pointerdown'],
      [dialog, 'pointerup'],
      [dialog, 'click'],
    ] as const) {
      at(element, type)
    }
    expect(dialog.open).toBe(true)
    await expect.element(page.getByRole('checkbox', { name: 'bob' })).toBeChecked()
    for (const type of ['pointerdown', 'pointerup', 'click']) at(dialog, type)
    expect(dialog.open).toBe(false)
  })
})
