/** Renders against a fake port; notifications are delivered with the promises, so that no test waits for a timer. */
import { notifyManager, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, render } from '@testing-library/react'
import { type ReactNode, StrictMode } from 'react'
import { createFakePort } from './fakePort.ts'
import { defineRoom } from './room.ts'

export function setupRoom() {
  notifyManager.setScheduler(queueMicrotask)
  const fake = createFakePort()
  const room = defineRoom(fake.port)
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const disconnect = room.live.connect(queryClient)

  const settle = () => act(() => fake.settle())
  return {
    fake,
    ...room,
    queryClient,
    settle,
    show(children: ReactNode) {
      const wrap = (content: ReactNode) => (
        <StrictMode>
          <QueryClientProvider client={queryClient}>{content}</QueryClientProvider>
        </StrictMode>
      )
      const view = render(wrap(children))
      return { ...view, change: (next: ReactNode) => view.rerender(wrap(next)) }
    },
    /** Answers what was asked last. */
    async answer(body: unknown) {
      fake.requests.at(-1)?.resolve(body)
      await settle()
    },
    async live() {
      fake.live()
      await settle()
    },
    async emit(type: string, payload: unknown) {
      await act(async () => {
        fake.emit({ type, payload })
        await fake.settle()
        fake.frame()
        await fake.settle()
      })
    },
    advance: (ms: number) =>
      act(async () => {
        fake.advance(ms)
        await fake.settle()
      }),
    stop() {
      disconnect()
      queryClient.clear()
    },
  }
}

export type RoomSetup = ReturnType<typeof setupRoom>
