/** What a server starts with, and what level 0 does for whoever connects: a plugin of the kit that goes before the chat. */
import { knowUser } from '../../server/chat/domain/members.ts'
import { type ChatRead, type ChatWork, roomChannel } from '../../server/chat/domain/work.ts'
import { type ChatCore, userKeyOf } from '../../server/chat/live/core.ts'
import { run, type Steps, wait } from '../../server/chat/steps.ts'
import { type Key, keyOf, type UserRow } from '../../server/chat/tables/chatTables.ts'
import { migrate } from '../../server/chat/tables/tablesOf.ts'
import type { Admission, LiveConnection, LivePlugin } from '../../server/session/plugin.ts'
import { readAddress } from './address.ts'
import { plantRoom, plantUsers, type RoomSeed, type UserSeed, userOf } from './seeds.ts'
import { type ChatLevel, isId, type User } from './wire.ts'

export interface PlantingParts {
  readonly core: () => ChatCore
  readonly endpoint: RegExp
  readonly level: ChatLevel
  readonly users: readonly UserSeed[]
  readonly rooms: readonly RoomSeed[]
}

export interface Planting {
  readonly plugin: LivePlugin
  /** At once, where the store can; else it is done before anybody is let in. */
  plantNow(): void
  /** What is committed from now on is news. */
  isPlanted(): boolean
  /** It has been tried once. Where the database was away, that is done again when somebody is let in. */
  readonly tried: Promise<void>
}

export function createPlanting(parts: PlantingParts): Planting {
  const gate = createGate()
  let isPlanted = false
  /** Of the rooms that exist because somebody has named them. */
  const named = new Set<Key>()
  return {
    plugin: {
      name: 'querywire testing',
      kinds: [],
      start: () => ({
        channels: {},
        requests: {},
        migrate: async () => {
          try {
            if (!isPlanted) await plantLater(parts)
            isPlanted = true
          } finally {
            gate.open()
          }
        },
        connected: (connection) => admit(parts, connection, named),
      }),
    },
    plantNow: () => {
      parts.core().writeNow((work) => plant(parts, work))
      isPlanted = true
      gate.open()
    },
    isPlanted: () => isPlanted,
    tried: gate.opened,
  }
}

function createGate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}

function plantLater(parts: PlantingParts): Promise<void> {
  const { host, workOn } = parts.core()
  return host.transaction((transaction) => run(plantFirst(parts, transaction.tx, workOn(transaction))))
}

function* plantFirst(parts: PlantingParts, tx: unknown, work: ChatWork): Steps<void> {
  yield* migrate(tx)
  yield* plant(parts, work)
}

/** Where nothing of it is there. */
function* plant({ users, rooms }: PlantingParts, work: ChatWork): Steps<void> {
  const rows = users.map(userOf)
  if (yield* isThere(work, rows, rooms)) return
  yield* plantUsers(work, rows)
  for (const room of rooms) yield* plantRoom(work, room, rows)
}

function* isThere(
  { tables }: ChatRead,
  users: readonly UserRow[],
  rooms: readonly RoomSeed[],
): Steps<boolean> {
  if ((yield* wait(tables.users(users.map(({ key }) => key)))).length > 0) return true
  for (const { id } of rooms) if (yield* wait(tables.room(keyOf(id)))) return true
  return false
}

/**
 * A level 0 consumer has a group per room name and no list of rooms: whoever connects is in. There is no `subscribe_room`
 * either: a connection to any other endpoint hears all rooms of its user.
 */
async function admit(parts: PlantingParts, connection: LiveConnection, named: Set<Key>): Promise<Admission> {
  if (parts.level > 0) return {}
  const core = parts.core()
  const name = roomIn(connection.request.url, parts.endpoint)
  if (name === undefined) await subscribeAll(core, connection)
  else if (isId(name) && parts.rooms.length + named.size < MAX_NAMED_ROOMS) {
    const isNew = await core.write((work) => openRoom(parts, work, { name, user: connection.user }))
    if (isNew) named.add(name)
  }
  return {}
}

/** The room that an endpoint is for; not even that, where its name cannot be read. */
function roomIn(url: string, endpoint: RegExp): Key | undefined {
  const name = endpoint.exec(readAddress(url).path)?.[1]
  try {
    return name === undefined ? undefined : decodeURIComponent(name)
  } catch {
    // `%ff` is no UTF-8: there can be no such room, and the chat says so.
    return ''
  }
}

async function subscribeAll({ read, host, limits }: ChatCore, connection: LiveConnection): Promise<void> {
  const { result } = await read([], ({ tables }) =>
    wait(tables.roomsOf(userKeyOf(connection), { limit: limits.roomsPerUser })),
  )
  await Promise.all(result.map(({ key }) => host.subscribe(connection, roomChannel(key))))
}

const MAX_NAMED_ROOMS = 1_000

interface Opening {
  readonly name: Key
  readonly user: User | undefined
}

function* openRoom({ users }: PlantingParts, work: ChatWork, { name, user }: Opening): Steps<boolean> {
  if (user) yield* knowUser(work, user)
  if (yield* wait(work.tables.room(name))) return false
  const known = [...users, ...(user ? [user] : [])].map(userOf)
  const members = new Map(known.map((each) => [each.key, each]))
  yield* plantRoom(work, { id: name }, [...members.values()])
  return true
}
