/** The chat as a plug-in of the kit: docs/PROTOCOL.md, level 3, with all frames of a chat. */
import { LiveError } from '../../transport/errors.ts'
import type { Id } from '../../transport/port.ts'
import { defineProtocol, fieldsOf } from '../../transport/protocol.ts'
import { isName } from '../session/clientFrame.ts'
import type { LiveHost, PluginParts } from '../session/plugin.ts'
import { ownFrame } from './domain/frames.ts'
import { addMember, createRoom, knowUser, removeMember, updateRoom } from './domain/members.ts'
import { sendMessage } from './domain/messages.ts'
import { findRoom, roomChannel } from './domain/work.ts'
import { endForgotten } from './domain/writing.ts'
import { CHAT_LIMITS } from './limits.ts'
import { createAccess } from './live/access.ts'
import { admit } from './live/admission.ts'
import { type ChatCore, createCore, userKeyOf } from './live/core.ts'
import { createHearing } from './live/hearing.ts'
import { createPeople } from './live/people.ts'
import { createPresence } from './live/presence.ts'
import { createRequests } from './live/requests.ts'
import { createUpdates } from './live/updates.ts'
import { createWriters, type Writers } from './live/writers.ts'
import type { ChatServer, ChatServerOptions } from './options.ts'
import { run, wait } from './steps.ts'
import { keyOf } from './tables/chatTables.ts'
import { migrate } from './tables/tablesOf.ts'

const ENDPOINT = /\/chat\/([^/]+)\/?$/
const NOT_STARTED = 'This chat has no server yet: createLiveServer({ plugins: [chat], … })'

/** What tests reach through to: everything at once, where the store can. */
export const coreOf = new WeakMap<ChatServer, ChatCore>()

/**
 * Rooms, members, messages, reactions, receipts, unread counts, typing and presence, kept in the store of the server that it
 * is given to: `memoryStore()`, `sqliteStore()` or `postgresStore()`. Makes its tables, whose names begin with
 * `querywire_chat_`, and leaves the others alone.
 *
 * @example
 * ```ts
 * const chat = chatServer()
 * const live = createLiveServer({ plugins: [chat], authenticate, store: sqliteStore('chat.sqlite') })
 * await live.attach(http)
 * await chat.createRoom({ id: 'general', name: 'General', members: ['alice', 'bob'] })
 * ```
 */
export function chatServer(options: ChatServerOptions = {}): ChatServer {
  let core: ChatCore | undefined
  const started = (): ChatCore => {
    if (core) return core
    throw new LiveError('misconfigured', NOT_STARTED)
  }
  const chat: ChatServer = {
    name: 'chat',
    kinds: defineProtocol({}).kinds,
    start: (host) => {
      if (core) throw new LiveError('misconfigured', 'A chat serves one server: make another one')
      const createMessageId = options.createMessageId ?? host.environment.createId
      core = createCore({ host, limits: { ...CHAT_LIMITS, ...options.limits }, createMessageId })
      coreOf.set(chat, core)
      return start(core, options)
    },
    ...createActions(started),
  }
  return chat
}

function start(
  core: ChatCore,
  { endpoint = ENDPOINT, users = [], isAlone = false, mayStop, ...permissions }: ChatServerOptions,
): PluginParts {
  const { host } = core
  const people = createPeople(core)
  const updates = createUpdates(core, people)
  const presence = createPresence(core, people, isAlone)
  const writers = createWriters(core, { isAlone, mayStop, beat: presence.beat })
  writersOf.set(core, writers)
  const isMember = createAccess(core)
  return {
    channels: { room_id: ({ user, key }) => isMember(keyOf(user.id), key) },
    requests: createRequests(core, writers, permissions),
    migrate: async () => {
      await host.transaction(({ tx }) => run(migrate(tx)))
      await core.write(function* (work) {
        yield* endForgotten(work, { process: host.process, isAlone })
        for (const user of users) yield* knowUser(work, user)
      })
    },
    connected: (connection) => admit({ core, people, presence, endpoint }, connection),
    disconnected: (connection) => {
      const user = userKeyOf(connection)
      const rooms = [...(people.get(user)?.rooms ?? [])]
      if (!people.leave(connection)) return
      for (const room of rooms) updates.forget(user, room)
      presence.changed(user)
    },
    ...createHearing({ core, people, updates }),
    watchedBy: (connection) => people.get(userKeyOf(connection))?.watched ?? [],
    heard: (message) => hear(host, message) || writers.heard(message) || presence.heard(message),
    ownText: ownFrame,
    positionOf: (channel, position) => positionOf(core, channel, position),
    close: async () => {
      updates.close()
      await writers.close()
      await presence.close()
    },
  }
}

/** A frame for everybody, or for one user, that another process was asked to tell. */
function hear(host: LiveHost, message: unknown): boolean {
  const { text, user } = fieldsOf(message)
  if (typeof text !== 'string') return false
  if (typeof user !== 'string') host.sendAll(text)
  else for (const connection of host.connectionsOf(user)) host.send(connection, text)
  return true
}

/** A client without numbers names the last message that it has. */
async function positionOf(
  core: ChatCore,
  channel: string,
  { message_id, epoch }: Readonly<Record<string, unknown>>,
) {
  if (!isName(message_id)) return {}
  const room = channel.slice(roomChannel('').length)
  const { result, heads } = await core.read([channel], ({ tables }) =>
    wait(tables.messageNamed(room, keyOf(message_id))),
  )
  const head = heads.get(channel)
  if (!(result && head) || (epoch !== undefined && epoch !== head.epoch)) return {}
  return { seq: result.seq, epoch: head.epoch }
}

const writersOf = new WeakMap<ChatCore, Writers>()

function createActions(started: () => ChatCore): Omit<ChatServer, 'name' | 'kinds' | 'start'> {
  const tell = (frame: object, user?: Id) => {
    const { host } = started()
    const message = { text: JSON.stringify(frame), ...(user === undefined ? {} : { user: keyOf(user) }) }
    hear(host, message)
    host.tell(message)
  }
  const write: ChatCore['write'] = async (steps) => {
    const core = started()
    await core.host.ready()
    return core.write(steps)
  }
  return {
    createRoom: (room) => write((work) => createRoom(work, room)),
    updateRoom: (roomId, change) => write((work) => updateRoom(work, roomId, change)),
    addMember: async (roomId, user) => void (await write((work) => addMember(work, roomId, user))),
    removeMember: async (roomId, userId, reason = 'removed') =>
      void (await write(function* (work) {
        const room = yield* findRoom(work, roomId)
        return yield* removeMember(work, room, { user: keyOf(userId), reason })
      })),
    postMessage: async (roomId, { sender, content, ...rest }) => {
      const asked = { user: keyOf(sender), data: { room_id: roomId, message: content, ...rest } }
      return (await write((work) => sendMessage(work, asked))).message
    },
    write: async (roomId, message) => {
      const core = started()
      await core.host.ready()
      return (writersOf.get(core) as Writers).write(roomId, message)
    },
    notify: (userId, data) => tell({ type: 'notification', data }, userId),
    requireResync: ({ roomId, reason = 'requested' } = {}) => {
      const data = { ...(roomId === undefined ? {} : { room_id: roomId }), reason }
      tell({ type: 'resync_required', data })
    },
  }
}
