/** A connection comes back, and two hundred live queries with it, whose statuses are on screen. In happy-dom: no painting. */
import { QueryClient, QueryClientProvider, QueryObserver } from '@tanstack/react-query'
import { Window } from 'happy-dom'
import { WebSocket as NodeWebSocket } from 'ws'
import { type Subjects, startClock } from '../measure/subject.ts'

const QUERIES = 200

const window = new Window()
Object.assign(globalThis, { window, document: window.document, WebSocket: NodeWebSocket })
const { createElement } = await import('react')
const { createRoot } = await import('react-dom/client')
// As it is built: Node reads no JSX.
const built = new URL('../../dist/index.js', import.meta.url).href
const { createLive, createWebSocketManager, LiveProvider, type, useLiveStatus } = (await import(
  built
)) as typeof import('../../src/index.ts')

type Topic = Parameters<typeof useLiveStatus>[0]

function Status({ of }: { readonly of: Topic }) {
  return createElement('p', null, useLiveStatus(of).status)
}

/** Renders once for whatever any of them says. */
function All({ of }: { readonly of: readonly Topic[] }) {
  // biome-ignore lint/correctness/useHookAtTopLevel: there are always as many
  return of.map((topic, at) => createElement('p', { key: at }, useLiveStatus(topic).status))
}

type Screen = (topics: readonly Topic[]) => ReturnType<typeof createElement>

const reconnected =
  (screen?: Screen) =>
  async ({ port }: { readonly port: number }) => {
    globalThis.gc?.()
    const manager = createWebSocketManager({
      url: `ws://127.0.0.1:${port}/plain`,
      endpoint: '',
      debug: false,
    })
    const live = createLive({ manager })
    const topics = live.value('topic', {
      schema: type<{ n: number }>(),
      params: type<{ room: string }>(),
      channel: ({ room }) => ({ room_id: room }),
      snapshot: async () => ({ n: 1 }),
      events: {},
    })
    const queryClient = new QueryClient()
    const all = Array.from({ length: QUERIES }, (_, at) => topics({ room: `room-${at}` }))
    const root = createRoot(window.document.createElement('div') as never)
    if (screen) root.render(within(queryClient, live, screen(all)))
    const stops = all.map((topic) => new QueryObserver(queryClient, topic).subscribe(() => undefined))
    const stopLive = screen ? () => undefined : live.connect(queryClient)
    const are = async (status: string) => {
      const isThere = () => all.every((topic) => live.status(queryClient, topic.queryKey).status === status)
      while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await are('live')
    manager.disconnect()
    await are('offline')
    // What was rendered for that is none of it.
    await new Promise((resolve) => setTimeout(resolve, 100))
    const clock = startClock()
    manager.connect()
    await are('live')
    await new Promise((resolve) => setTimeout(resolve, 50))
    const { cpu, wall } = clock.stop()
    root.unmount()
    for (const stop of [...stops, stopLive, () => manager.close(), () => queryClient.clear()]) stop()
    return { cpu, wall }
  }

function within(
  queryClient: QueryClient,
  live: ReturnType<typeof createLive>,
  children: ReturnType<typeof createElement>,
) {
  return createElement(
    QueryClientProvider,
    { client: queryClient },
    createElement(LiveProvider, { live }, children),
  )
}

export const subjects: Subjects = {
  'nobody reads a status': reconnected(),
  'useLiveStatus, a component each': reconnected((all) =>
    createElement(
      'div',
      null,
      all.map((of, key) => createElement(Status, { key, of })),
    ),
  ),
  'useLiveStatus, one component for all': reconnected((all) => createElement(All, { of: all })),
}
