/** A page whose policy allows no inline style: the panel and the components look as ever, and nothing of ours breaks it. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createRoot } from 'react-dom/client'
import { afterAll, expect, it, vi } from 'vitest'
import { ChatProvider, createChat } from '../../src/chat/index.ts'
import { querywireDevtools } from '../../src/devtools/index.ts'
import { createFakeSocket } from '../../src/testing/fakeSocket.ts'
import { createChatServer, mountOnFakeSockets } from '../../src/testing/index.ts'
import { browserEnvironment } from '../../src/transport/index.ts'
import { ChatRoom } from '../../storybook/components/ChatRoom.tsx'
import { RoomList } from '../../storybook/components/RoomList.tsx'
import '../../storybook/components/theme.css'

const violations: string[] = []
document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
  violations.push(effectiveDirective)
})

const server = createChatServer({
  rooms: [{ id: 'general', messages: [{ sender: 'bob', content: 'Hello' }] }],
})
const accept = mountOnFakeSockets(server)
const chat = createChat({
  url: 'ws://localhost:9000',
  endpoint: '/ws/',
  tokenManager: { getAccessToken: () => 'alice' },
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
const queryClient = new QueryClient()
const plugin = querywireDevtools({ manager: chat.manager, queryClient })
const container = document.createElement('div')
const root = createRoot(container)

afterAll(() => {
  root.unmount()
  chat.manager.close()
})

it('[D4] under a policy without inline styles the panel is styled, and leaves no styles behind', async () => {
  const policy = document.createElement('meta')
  policy.httpEquiv = 'Content-Security-Policy'
  policy.content = "style-src 'self'"
  document.head.append(policy)
  document.body.append(container)
  root.render(
    <QueryClientProvider client={queryClient}>
      <ChatProvider chat={chat}>
        <RoomList />
        <ChatRoom roomId="general" />
        {plugin.render(container, { theme: 'dark' })}
      </ChatProvider>
    </QueryClientProvider>,
  )
  const panel = await vi.waitUntil(() => container.querySelector('.qw-dev'), 10_000)
  await vi.waitUntil(() => container.querySelector('.qw-message'), 10_000)
  const { display, backgroundColor } = getComputedStyle(panel)
  expect([display, backgroundColor]).toEqual(['flex', 'rgb(21, 24, 29)'])
  expect(violations).toEqual([])

  root.render(null)
  await vi.waitUntil(() => !panel.isConnected)
  expect(document.adoptedStyleSheets).toEqual([])
  // The policy is really on.
  panel.innerHTML = '<b style="color: red">'
  document.body.append(document.createElement('style'), panel)
  await vi.waitUntil(() => violations.length > 0)
})
