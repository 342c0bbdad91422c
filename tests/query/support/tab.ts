/** A tab of an application: a QueryClient and a socket of its own, and the room's messages observed in it. */
import { InfiniteQueryObserver, QueryClient } from '@tanstack/react-query'
import { createFakePort } from './fakePort.ts'
import { defineRoom, textsOf } from './room.ts'

export const ROOM = { roomId: 'a' }

export type Tab = ReturnType<typeof openTab>

export function openTab() {
  const fake = createFakePort()
  const room = defineRoom(fake.port)
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const ends = [() => queryClient.clear(), room.live.connect(queryClient)]
  const send = room.live.mutation<string, unknown, typeof ROOM>('send', {
    channel: ({ roomId }) => ({ room_id: roomId }),
    optimistic: (text, { params, clientId }) => [
      room.messages.insert(params, { id: clientId as unknown as number, client_id: clientId, text }),
    ],
    request: (text, { clientId, request }) => request('send', { text, clientId }),
  })
  const query = () => queryClient.getQueryCache().find({ queryKey: room.messages(ROOM).queryKey })
  const observer = new InfiniteQueryObserver(queryClient, { ...room.messages(ROOM), enabled: () => true })
  return {
    fake,
    room,
    queryClient,
    observer,
    query,
    onClose: (end: () => void) => void ends.push(end),
    mount: () => void ends.push(observer.subscribe(() => undefined)),
    texts: () => textsOf(query()?.state.data as never),
    send: (text: string) => void send.start(queryClient, text, ROOM).catch(() => undefined),
    answer(body: unknown) {
      for (const request of fake.requests.splice(0)) request.resolve(body)
    },
    refuse() {
      for (const request of fake.requests.splice(0)) request.reject(new Error('no'))
    },
    close: () => {
      for (const end of ends.splice(0).reverse()) end()
    },
  }
}

/** Until nothing more happens in them, or between them. */
export async function quiet(...tabs: readonly Pick<Tab, 'fake'>[]): Promise<void> {
  for (let turn = 0; turn < 6; turn++) {
    for (const { fake } of tabs) {
      await fake.settle()
      fake.frame()
      await fake.settle()
    }
    // Messages between tabs, and TanStack's notifications, are tasks of their own.
    for (let task = 0; task < 3; task++) await new Promise((resolve) => setTimeout(resolve))
  }
}
