/** The servers that the same tests run against: the Node one at every level, or the Django one of a test run. */
import { nanoid } from 'nanoid'
import type { ChatLevel, ChatOptions } from '../../../src/chat/index.ts'
import { createChatServer, mountOnNode } from '../../../src/testing/index.ts'
import { browserEnvironment } from '../../../src/transport/index.ts'
import { createRoom, tokenFor } from '../djangoSocket.ts'

export interface Room {
  readonly id: string
  /** Options for a chat of this user; one topology or the other, as the back end has it. */
  options(user: string): Promise<ChatOptions>
  stop(): Promise<void>
}

export interface Backend {
  readonly name: string
  readonly level: ChatLevel
  /** A room with alice and bob in it, and so many messages of alice. */
  room(messages?: number): Promise<Room>
}

// A DOM emulation guards its origin; the test's own calls to the server's demo pages are none of the page's business.
const emulation = (globalThis as { happyDOM?: { settings: { fetch: { disableSameOriginPolicy: boolean } } } })
  .happyDOM
if (emulation) emulation.settings.fetch.disableSameOriginPolicy = true

/** Node's own WebSocket: the one of a DOM emulation refuses to leave its page's origin. */
async function socketEnvironment() {
  const { WebSocket } = await import('ws')
  return browserEnvironment({ WebSocket })
}

function unsignedJwt(user: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part({ sub: user, username: user })}.`
}

const node = (level: ChatLevel, topology: 'a socket per room' | 'one socket'): Backend => ({
  name: `Node, level ${level}, ${topology}`,
  level,
  async room(count = 0) {
    const id = `room-${nanoid(6)}`
    const messages = Array.from({ length: count }, (_, at) => ({ sender: 'alice', content: `old ${at + 1}` }))
    const server = createChatServer({ level, users: ['alice', 'bob'], rooms: [{ id, messages }] })
    const mount = await mountOnNode(server)
    const environment = await socketEnvironment()
    return {
      id,
      options: async (user) => ({
        url: mount.url,
        environment,
        debug: false,
        tokenManager: { getAccessToken: () => unsignedJwt(user) },
        ...(topology === 'one socket' && { endpoint: '/ws/' }),
      }),
      stop: () => mount.close(),
    }
  },
})

const django = (level: ChatLevel, topology: 'a socket per room' | 'one socket'): Backend => ({
  name: `Django, level ${level}, ${topology}`,
  level,
  async room(count = 0) {
    const id = await createRoom({ members: ['alice', 'bob'], messages: count })
    const environment = await socketEnvironment()
    const prefix = level === 0 ? '/ws/chat' : '/ws/v1/chat'
    return {
      id,
      options: async (user) => {
        const token = await tokenFor(user)
        return {
          url: process.env.DJANGO_URL ?? '',
          environment,
          debug: false,
          tokenManager: { getAccessToken: () => token },
          ...(topology === 'one socket'
            ? { endpoint: '/ws/v1/' }
            : { endpoints: { rooms: '/ws/v1/', room: (roomId) => `${prefix}/${roomId}/` } }),
        }
      },
      stop: async () => undefined,
    }
  },
})

export const backends: readonly Backend[] =
  process.env.DJANGO_URL === undefined
    ? [
        node(0, 'a socket per room'),
        node(1, 'a socket per room'),
        node(1, 'one socket'),
        node(2, 'a socket per room'),
        node(3, 'one socket'),
        node(3, 'a socket per room'),
      ]
    : [django(0, 'a socket per room'), django(3, 'a socket per room'), django(3, 'one socket')]
