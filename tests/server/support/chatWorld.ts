/** A chat in virtual time, in as many processes as a test likes, and clients without any cleverness. */
import type { Bus } from '../../../src/server/bus.ts'
import { chatServer } from '../../../src/server/chat/chatServer.ts'
import type { ChatServerOptions } from '../../../src/server/chat/options.ts'
import { createLiveServer } from '../../../src/server/createLiveServer.ts'
import type { LiveServerEvent } from '../../../src/server/options.ts'
import type { Store } from '../../../src/server/store.ts'
import { memoryStore } from '../../../src/server/stores/memoryStore.ts'
import { createWorld } from './memoryBoard.ts'

export const MEMBERS = ['alice', 'bob', 'carol']

export function createChatWorld() {
  const world = createWorld()
  const { clock, environment } = world
  const store = memoryStore({ environment })
  const failures: unknown[] = []
  const events: LiveServerEvent[] = []
  const start = (options: ChatServerOptions & { store?: Store<unknown>; bus?: Bus } = {}) => {
    const { store: ownStore = store as unknown as Store<unknown>, bus, ...rest } = options
    const chat = chatServer(rest)
    const live = createLiveServer({
      plugins: [chat],
      store: ownStore,
      environment,
      authenticate: (token) => (token ? { id: token, username: token } : null),
      ...(bus && { bus }),
      onEvent: (event) => {
        events.push(event)
        if (event.type === 'failed') failures.push(event.error)
      },
    })
    return { ...live, chat }
  }
  /** Connected and greeted. */
  const join = async (live: Parameters<typeof world.connect>[0], user = 'alice', path = '/ws/') => {
    const client = world.connect(live, `${path}?token=${user}`)
    await clock.advance(10)
    return client
  }
  const request = async (client: ReturnType<typeof world.connect>, type: string, data: object = {}) => {
    const reply = await client.ask(type, data)
    if (reply.type !== 'response') throw new Error(`${type} was refused: ${JSON.stringify(reply)}`)
    return reply.data as Record<string, unknown>
  }
  const refusal = async (client: ReturnType<typeof world.connect>, type: string, data: object = {}) => {
    const reply = await client.ask(type, data)
    if (reply.type !== 'error') throw new Error(`${type} was not refused: ${JSON.stringify(reply)}`)
    return reply.error as Record<string, unknown>
  }
  return {
    clock,
    environment,
    store,
    start,
    join,
    request,
    refusal,
    failures,
    events,
    connect: world.connect,
  }
}
