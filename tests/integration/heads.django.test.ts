/** Two processes that share a database and no channel layer: whatever one tells, the other's sockets never hear. */
import { InfiniteQueryObserver, QueryClient } from '@tanstack/react-query'
import { nanoid } from 'nanoid'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { startDjango } from '../../scripts/django.mjs'
import { temporaryFolder } from '../../scripts/processes.mjs'
import { type ChatMessage, createChat } from '../../src/chat/index.ts'
import { browserEnvironment } from '../../src/transport/index.ts'
import { closeAll, connect, isType, type RawSocket } from './djangoSocket.ts'

type Django = Awaited<ReturnType<typeof startDjango>>

const STARTUP_MS = 60_000
let folder: ReturnType<typeof temporaryFolder>
let processes: Django[] = []
const stops: (() => void)[] = []

beforeAll(async () => {
  folder = temporaryFolder('django')
  for (const _ of [1, 2]) processes.push(await startDjango({ dataFolder: folder.path }))
}, STARTUP_MS)
afterAll(async () => {
  for (const { stop } of processes) await stop()
  processes = []
  folder.remove()
}, STARTUP_MS)
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) stop()
  await closeAll()
})

const here = () => processes[0] as Django
const elsewhere = () => processes[1] as Django

async function socketOf({ url, token }: Django, user: string, path: string): Promise<RawSocket> {
  const socket = connect(`${url}${path}?token=${await token(user)}`)
  await socket.first(isType('welcome'))
  return socket
}

async function createRoom(): Promise<string> {
  const id = `room-${nanoid()}`
  await here().createRoom({ id })
  return id
}

describe('heads', () => {
  it('[T28] name the rooms of a socket at first, then those that moved, whichever process moved them', async () => {
    const [one, two] = [await createRoom(), await createRoom()]
    const alice = await socketOf(here(), 'alice', '/ws/level2/')
    expect((await alice.first(isType('welcome'))).data?.heads).toBe(true)
    for (const room_id of [one, two]) await alice.request('subscribe_room', { room_id })
    const heads = async (count: number) => {
      alice.send('ping', {})
      return (await alice.count(isType('pong'), count)).at(-1)?.data?.heads
    }
    const epoch = expect.any(String)
    expect(await heads(1)).toEqual({ [one]: { seq: 0, epoch }, [two]: { seq: 0, epoch } })
    expect(await heads(2)).toEqual({})
    const bob = await socketOf(elsewhere(), 'bob', '/ws/level2/')
    await bob.request('chat_message', { room_id: two, message: 'unheard' })
    expect(await heads(3)).toEqual({ [two]: { seq: 1, epoch } })
    expect(alice.frames.filter(isType('chat_message'))).toEqual([])
  })

  it('[T28] are none at level 1', async () => {
    const alice = await socketOf(here(), 'alice', '/ws/level1/')
    await alice.request('subscribe_room', { room_id: await createRoom() })
    alice.send('ping', {})
    expect((await alice.first(isType('pong'))).data).not.toHaveProperty('heads')
    expect((await alice.first(isType('welcome'))).data).not.toHaveProperty('heads')
  })

  it.each(['/ws/level2/', '/ws/level3/'])(
    '[Q22] bring what was lost within two seconds: %s',
    async (endpoint) => {
      const room = await createRoom()
      const token = await here().token('alice')
      const chat = createChat({
        url: here().url,
        endpoint,
        tokenManager: { getAccessToken: () => token },
        heartbeat: { intervalMs: 1_000 },
        debug: false,
        environment: browserEnvironment({ WebSocket }),
      })
      const queryClient = new QueryClient()
      const history = new InfiniteQueryObserver(queryClient, chat.messages(room))
      stops.push(
        () => chat.manager.close(),
        chat.live.connect(queryClient),
        chat.start(),
        history.subscribe(() => undefined),
      )
      const texts = () =>
        (history.getCurrentResult().data?.pages ?? []).flatMap(({ items }) =>
          (items as readonly ChatMessage[]).map(({ content }) => content),
        )
      const status = () => chat.live.status(queryClient, history.options.queryKey).status
      await vi.waitFor(() => expect(status()).toBe('live'), 5_000)
      const bob = await socketOf(elsewhere(), 'bob', endpoint)
      const lost = ['one', 'two', 'three']
      for (const message of lost) await bob.request('chat_message', { room_id: room, message })
      await vi.waitFor(() => expect([texts(), status()]).toEqual([lost, 'live']), {
        timeout: 2_000,
        interval: 20,
      })
    },
  )
})
