/** What every block of the guide takes for granted: a server, someone signed in, and providers around the component. */
import { notifyManager, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup } from '@testing-library/react'
import { type ReactNode, StrictMode } from 'react'
import { ChatProvider, createChat } from '../../src/chat/index.ts'
import { createFakeEnvironment, type FakeSocket } from '../../src/testing/fakeEnvironment.ts'
import { mountOnFakeSockets } from '../../src/testing/mountOnFakeSockets.ts'
import { type ChatServerOptions, createChatServer } from '../../src/testing/server/chatServer.ts'
import type { WebSocketManagerOptions } from '../../src/transport/index.ts'

// TanStack tells its observers by a timer of its own; here time is the test's.
notifyManager.setScheduler(queueMicrotask)

const part = (value: object) => btoa(JSON.stringify(value))
export const tokenOf = (user: string) => `${part({ alg: 'none' })}.${part({ sub: user, username: user })}.`

export interface SeedOptions {
  readonly server?: ChatServerOptions
  readonly manager?: WebSocketManagerOptions
}

// TanStack tells observers in a macrotask; time here moves by hand.
notifyManager.setScheduler(queueMicrotask)

const closers: (() => void)[] = []

export function setup({ server: serverOptions, manager: managerOptions }: SeedOptions = {}) {
  const fake = createFakeEnvironment({ onSocket: (socket) => connect(socket) })
  const server = createChatServer({
    users: ['alice', 'bob', 'carol'],
    rooms: [{ id: 'room-123' }],
    clock: { now: fake.environment.wallNow, setTimer: fake.environment.setTimer },
    ...serverOptions,
  })
  const accept = mountOnFakeSockets(server)
  function connect(socket: FakeSocket): void {
    accept(socket)
    const receive = socket.onClientMessage
    // No server answers before `send` has returned.
    socket.onClientMessage = (data) => queueMicrotask(() => receive?.(data))
  }
  const chat = createChat({
    url: 'ws://localhost:9000',
    tokenManager: { getAccessToken: () => tokenOf('alice') },
    reconnect: { jitter: 0 },
    debug: false,
    environment: fake.environment,
    ...managerOptions,
  })
  const queryClient = new QueryClient()
  const wrapper = ({ children }: { children: ReactNode }) => (
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <ChatProvider chat={chat}>{children}</ChatProvider>
      </QueryClientProvider>
    </StrictMode>
  )
  closers.push(() => chat.manager.close())
  return {
    ...fake,
    server,
    chat,
    manager: chat.manager,
    queryClient,
    wrapper,
    advance: (ms: number) =>
      act(async () => {
        await fake.flush()
        await fake.clock.advance(ms)
        await fake.flush()
      }),
    /** Frames of one type that reached the server, over all sockets. */
    sent: (type: string) =>
      fake.sockets.flatMap(({ frames }) => frames).filter((frame) => frame.type === type),
  }
}

export function tearDown(): void {
  cleanup()
  for (const close of closers.splice(0)) close()
}
