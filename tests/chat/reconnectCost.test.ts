/** What a reconnect costs with twenty pages on the screen, in frames and bytes, beside what TanStack does by itself. */
import { InfiniteQueryObserver, QueryClient } from '@tanstack/react-query'
import { afterEach, expect, it } from 'vitest'
import type { ChatMessage } from '../../src/chat/index.ts'
import type { FakeSocket } from '../../src/testing/index.ts'
import { createWorld, ROOM, type World } from './kit.ts'

const PAGES = 20
const PAGE_SIZE = 50
const MISSED = 30

const sentence = (at: number) =>
  `Message ${at}, about as long as what people write to each other when they have something to say`
const messages = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ sender: 'bob', content: sentence(at + 1) }))

let world: World
afterEach(() => world.close())

/** What every connection begins with, whatever is on the screen. */
const UPKEEP: ReadonlySet<string> = new Set(['ping', 'subscribe_room'])

/** An environment that counts what its sockets ask for and hear. */
function metered({ environment }: World) {
  const sockets: FakeSocket[] = []
  let bytes = 0
  let before = { frames: 0, bytes: 0 }
  return {
    environment: {
      ...environment,
      createSocket(url: string, protocols: readonly string[]) {
        const socket = environment.createSocket(url, protocols) as FakeSocket
        const { receive } = socket
        socket.receive = (message) => {
          bytes += Buffer.byteLength(String(message))
          receive(message)
        }
        sockets.push(socket)
        return socket
      },
    },
    /** Since the last call: types of the frames that asked for data, and bytes that came. */
    take() {
      const frames = sockets.flatMap((socket) => socket.frames.map(({ type }) => String(type)))
      const asked = frames.slice(before.frames).filter((type) => !UPKEEP.has(type))
      const taken = { frames: asked, bytes: bytes - before.bytes }
      before = { frames: frames.length, bytes }
      return taken
    },
  }
}

interface Pages {
  readonly fetchNextPage: () => Promise<unknown>
  readonly count: () => number
}

async function load({ fetchNextPage, count }: Pages) {
  await world.pass()
  for (let page = 1; page < PAGES; page++) {
    const next = fetchNextPage()
    await world.pass()
    await next
  }
  expect(count()).toBe(PAGES * PAGE_SIZE)
}

/** Everybody is away while thirty messages are sent. */
async function missSome() {
  world.setOnline(false)
  world.server.faults.disconnectAll(1006)
  await world.pass(500)
  for (const message of messages(MISSED)) world.server.inject(ROOM, message)
  world.setOnline(true)
  await world.pass(5_000)
}

/** A history as the documentation of TanStack Query has it, refetched when the connection is back. */
function openPlain(environment: World['environment']) {
  const { manager } = world.newChat('alice', { environment })
  const queryClient = new QueryClient()
  const history = new InfiniteQueryObserver(queryClient, {
    queryKey: ['history'],
    queryFn: async ({ pageParam }) => {
      const request = { room_id: ROOM, limit: PAGE_SIZE, ...(pageParam && { before: pageParam }) }
      const answer = await manager.request('get_history', request, 10_000)
      return (answer as { readonly messages: readonly ChatMessage[] }).messages
    },
    initialPageParam: '' as ChatMessage['id'],
    getNextPageParam: (page) => page[0]?.id,
  })
  const stop = history.subscribe(() => undefined)
  const pages = () => history.getCurrentResult().data?.pages ?? []
  return {
    pages: { fetchNextPage: () => history.fetchNextPage(), count: () => pages().flat().length },
    refetch: () => queryClient.invalidateQueries(),
    newest: () => pages()[0]?.at(-1)?.content,
    stop,
  }
}

it('[Q9] thirty missed events behind twenty pages are one frame, not twenty', async () => {
  world = createWorld({ level: 2, rooms: [{ id: ROOM, messages: messages(PAGES * PAGE_SIZE) }] })
  const meters = { live: metered(world), plain: metered(world) }
  const alice = world.open('alice', { environment: meters.live.environment })
  const plain = openPlain(meters.plain.environment)
  await load({
    fetchNextPage: () => alice.history.fetchNextPage({ cancelRefetch: false }),
    count: () => alice.rows().length,
  })
  await load(plain.pages)
  for (const meter of Object.values(meters)) meter.take()

  await missSome()
  const refetched = plain.refetch()
  await world.pass(5_000)
  await refetched
  const live = meters.live.take()
  const refetch = meters.plain.take()
  console.log(`live: ${live.frames.join(', ')}; ${live.bytes} bytes came`)
  console.log(`refetched: ${refetch.frames.length} × get_history; ${refetch.bytes} bytes came`)

  expect(alice.texts().at(-1)).toBe(sentence(MISSED))
  expect(plain.newest()).toBe(sentence(MISSED))
  expect(alice.rows()).toHaveLength(PAGES * PAGE_SIZE + MISSED)
  expect(live.frames).toEqual(['sync'])
  expect(live.bytes).toBeLessThanOrEqual(12_000)
  expect(refetch.frames).toEqual(Array(PAGES).fill('get_history'))
  expect(refetch.bytes).toBeGreaterThan(20 * live.bytes)
  plain.stop()
})
