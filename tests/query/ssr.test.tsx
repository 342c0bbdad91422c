import {
  type DehydratedState,
  dehydrate,
  HydrationBoundary,
  notifyManager,
  QueryClient,
  QueryClientProvider,
  useInfiniteQuery,
  useQuery,
} from '@tanstack/react-query'
import { act, cleanup, screen } from '@testing-library/react'
import { hydrateRoot, type Root } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LiveProvider } from '../../src/query/index.ts'
import { createFakePort } from './support/fakePort.ts'
import { defineRoom, message, range, textsOf } from './support/room.ts'

type Room = ReturnType<typeof defineRoom>

function Page({ room }: { readonly room: Room }) {
  const { data } = useInfiniteQuery(room.messages({ roomId: 'a' }))
  const { data: topic } = useQuery(room.topic({ roomId: 'a' }))
  return (
    <p data-testid="page">
      {topic?.text}: {textsOf(data).join(' ')}
    </p>
  )
}

interface Rendered {
  readonly room: Room
  readonly queryClient: QueryClient
  readonly state?: DehydratedState | undefined
}

const tree = ({ room, queryClient, state }: Rendered) => (
  <QueryClientProvider client={queryClient}>
    <LiveProvider live={room.live}>
      <HydrationBoundary state={state}>
        <Page room={room} />
      </HydrationBoundary>
    </LiveProvider>
  </QueryClientProvider>
)

/** A server: it fills a cache of its own and renders once. */
async function renderOnServer() {
  const fake = createFakePort()
  const room = defineRoom(fake.port)
  const queryClient = new QueryClient()
  queryClient.setQueryData(room.topic({ roomId: 'a' }).queryKey, { text: 'lunch' })
  queryClient.setQueryData(room.messages({ roomId: 'a' }).queryKey, {
    pages: [
      {
        items: range(1, 3),
        hasOlder: false,
        hasNewer: false,
        before: 1,
        after: 3,
        asOf: 10,
        epoch: 'e',
        unseen: 0,
      },
    ],
    pageParams: [{}],
  })
  const html = renderToString(tree({ room, queryClient }))
  const state = JSON.parse(JSON.stringify(dehydrate(queryClient)))
  queryClient.clear()
  return { fake, html, state }
}

let root: Root | undefined
let browserClient: QueryClient

beforeEach(() => {
  notifyManager.setScheduler(queueMicrotask)
  browserClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
})
afterEach(() => {
  act(() => root?.unmount())
  root = undefined
  browserClient.clear()
  document.body.innerHTML = ''
  cleanup()
})

describe('[Q12] server rendering', () => {
  it('renders a snapshot without a channel, a request or a timer', async () => {
    const { fake, html } = await renderOnServer()
    expect(html).toContain('m1 m2 m3')
    expect(fake.channels).toHaveLength(0)
    expect(fake.requests).toHaveLength(0)
    expect(fake.pendingTimers()).toBe(0)
  })

  it('is taken over without a mismatch, and goes on from where the snapshot was taken', async () => {
    const { html, state } = await renderOnServer()
    const fake = createFakePort()
    const room = defineRoom(fake.port)
    const container = document.createElement('div')
    document.body.append(container)
    container.innerHTML = html
    const problems: unknown[] = []
    await act(async () => {
      root = hydrateRoot(container, tree({ room, queryClient: browserClient, state }), {
        onRecoverableError: (error) => problems.push(error),
      })
      await fake.settle()
    })
    expect(problems).toEqual([])
    expect(screen.getByTestId('page').textContent).toBe('lunch: m1 m2 m3')
    expect(fake.channels).toHaveLength(1)
    expect(fake.channels[0]?.listener.cursor()).toEqual({ seq: 10, epoch: 'e' })
    await act(async () => {
      fake.emit({ type: 'created', payload: message(4), seq: 11, epoch: 'e' })
      fake.live(true, { seq: 11, epoch: 'e' })
      await fake.settle()
      fake.frame()
      await fake.settle()
    })
    expect(screen.getByTestId('page').textContent).toContain('m1 m2 m3 m4')
  })
})
