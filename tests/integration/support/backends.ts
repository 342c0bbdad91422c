/** The back ends that the same tests run against; BACK_END says which of them this run is about. */
import { nanoid } from 'nanoid'
import type { ChatLevel, ChatOptions, ChatSettings } from '../../../src/chat/index.ts'
import { type ChatServer, createChatServer } from '../../../src/testing/index.ts'
import type { WebSocketManagerOptions } from '../../../src/transport/index.ts'
import { createRoom, tokenFor } from '../djangoSocket.ts'
import type { Line, Mount } from './mount.ts'
import { mswMount } from './mswMount.ts'
import { nodeMount, runningMount } from './tcpMounts.ts'

export interface Room {
  readonly id: string
  /** Options for a chat of this user, straight to the back end or over a line. */
  options(user: string, line?: Line): Promise<ChatOptions>
  /** A way to the back end that the test cuts and mends. */
  line(): Promise<Line>
  stop(): Promise<void>
}

export interface Backend {
  readonly name: string
  readonly level: ChatLevel
  /** A room with alice and bob in it, and so many messages of alice. */
  room(messages?: number): Promise<Room>
}

type Topology = 'a socket per room' | 'one socket'

// A DOM emulation guards its origin; the test's own calls to the server's demo pages are none of the page's business.
const emulation = (globalThis as { happyDOM?: { settings: { fetch: { disableSameOriginPolicy: boolean } } } })
  .happyDOM
if (emulation) emulation.settings.fetch.disableSameOriginPolicy = true

function unsignedJwt(user: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part({ sub: user, username: user })}.`
}

/** Where the rooms are: one socket for all, or one for each. */
type Endpoints = Pick<WebSocketManagerOptions, 'endpoint'> & Pick<ChatSettings, 'endpoints'>

interface RoomParts {
  readonly id: string
  readonly mount: Mount
  readonly endpoints: Endpoints
  tokenOf(user: string): string | Promise<string>
}

function roomOn({ id, mount, endpoints, tokenOf }: RoomParts): Room {
  const lines: Line[] = []
  return {
    id,
    async options(user, line) {
      const token = await tokenOf(user)
      return {
        url: (line ?? mount).url,
        environment: mount.environment,
        debug: false,
        tokenManager: { getAccessToken: () => token },
        ...endpoints,
      }
    },
    async line() {
      const line = await mount.line()
      lines.push(line)
      return line
    },
    async stop() {
      await Promise.all(lines.map((line) => line.close()))
      await mount.close()
    },
  }
}

const inMemory =
  (name: string, mountOf: (server: ChatServer) => Promise<Mount>) =>
  (level: ChatLevel, topology: Topology): Backend => ({
    name: `${name}, level ${level}, ${topology}`,
    level,
    async room(count = 0) {
      const id = `room-${nanoid(6)}`
      const messages = Array.from({ length: count }, (_, at) => ({
        sender: 'alice',
        content: `old ${at + 1}`,
      }))
      const server = createChatServer({ level, users: ['alice', 'bob'], rooms: [{ id, messages }] })
      return roomOn({
        id,
        mount: await mountOf(server),
        endpoints: topology === 'one socket' ? { endpoint: '/ws/' } : {},
        tokenOf: unsignedJwt,
      })
    },
  })

/** Rooms may be plain consumers where the room list is not. */
const djangoEndpoints = (level: ChatLevel, topology: Topology): Endpoints => {
  const all = level === 0 ? '/ws/v1/' : `/ws/level${level}/`
  if (topology === 'one socket') return { endpoint: all }
  const rooms = level === 0 ? '/ws/chat' : `/ws/level${level}/chat`
  return { endpoints: { rooms: all, room: (id) => `${rooms}/${id}/` } }
}

const django = (level: ChatLevel, topology: Topology): Backend => ({
  name: `Django, level ${level}, ${topology}`,
  level,
  room: async (count = 0) =>
    roomOn({
      id: await createRoom({ members: ['alice', 'bob'], messages: count }),
      mount: runningMount(process.env.DJANGO_URL ?? ''),
      endpoints: djangoEndpoints(level, topology),
      tokenOf: tokenFor,
    }),
})

const makers = { node: inMemory('Node', nodeMount), msw: inMemory('MSW', mswMount), django }

function isBackEnd(name: string): name is keyof typeof makers {
  return name in makers
}

function makerNamed(name: string) {
  if (!isBackEnd(name))
    throw new Error(`BACK_END is "${name}"; it is one of ${Object.keys(makers).join(', ')}`)
  return makers[name]
}

const backend = makerNamed(process.env.BACK_END ?? 'node')

/** Every level, and both topologies where a level can tell them apart. */
export const backends: readonly Backend[] = [
  backend(0, 'a socket per room'),
  backend(1, 'a socket per room'),
  backend(1, 'one socket'),
  backend(2, 'a socket per room'),
  backend(3, 'one socket'),
  backend(3, 'a socket per room'),
]
