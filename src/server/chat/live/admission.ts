/** Lets a connection in: what it hears, and what it is told first. */
import { isName } from '../../session/clientFrame.ts'
import type { Admission, LiveConnection } from '../../session/plugin.ts'
import { shownUser } from '../../session/token.ts'
import { knowUser } from '../domain/members.ts'
import { SMALL_ROOM } from '../domain/presence.ts'
import { viewUser } from '../domain/views.ts'
import { type ChatRead, ROOM_FIELD, roomChannel } from '../domain/work.ts'
import { type Steps, wait } from '../steps.ts'
import type { Key, RoomRow, UserRow } from '../tables/chatTables.ts'
import type { ChatUser } from '../wire.ts'
import { type ChatCore, userKeyOf } from './core.ts'
import type { People } from './people.ts'
import { type Presence, statusFrame } from './presence.ts'

interface AdmissionParts {
  readonly core: ChatCore
  readonly people: People
  readonly presence: Presence
  readonly endpoint: RegExp
}

const FORBIDDEN = 4003

export async function admit(
  { core, people, presence, endpoint }: AdmissionParts,
  connection: LiveConnection,
): Promise<Admission> {
  const home = roomIn(connection.request.url, endpoint)
  if (home === null) return { refusal: { code: FORBIDDEN, reason: 'no such address' } }
  const user = userKeyOf(connection)
  const { connections } = await people.enter(connection)
  // Before it is read where the room stands, so that nothing falls between.
  if (home !== undefined) await core.host.subscribe(connection, roomChannel(home))
  const channels = home === undefined ? [] : [roomChannel(home)]
  const { result: found, heads } = await core.read(channels, (read) => look(read, { user, home }))
  if (home !== undefined && !found.room) {
    return { refusal: { code: FORBIDDEN, reason: 'not a member of this room' } }
  }
  if (home !== undefined) connection.home[ROOM_FIELD] = home
  await keepUser(core, connection, found.known)
  if (connections.size === 1) presence.changed(user)
  const texts = found.companions.filter(({ key }) => key !== user).map((row) => statusFrame(row, 'online'))
  return {
    ...(found.room && { welcome: { room_id: found.room.body.id, ...[...heads.values()][0] } }),
    frames: texts.length > 1 ? [`[${texts.join(',')}]`] : texts,
  }
}

interface Found {
  readonly known: UserRow | undefined
  /** The one of the endpoint, where the user is in it. */
  readonly room: RoomRow | undefined
  readonly companions: readonly UserRow[]
}

function* look(
  { tables, limits }: ChatRead,
  { user, home }: { readonly user: Key; readonly home: Key | undefined },
): Steps<Found> {
  const [known] = yield* wait(tables.users([user]))
  const rooms = yield* wait(tables.roomsOf(user, { limit: limits.roomsPerUser }))
  const heard = rooms.filter(({ key }) => home === undefined || key === home)
  const small = heard.filter(({ memberCount }) => memberCount <= SMALL_ROOM).map(({ key }) => key)
  return {
    known,
    room: home === undefined ? undefined : heard[0],
    companions: small.length > 0 ? yield* wait(tables.presentIn(small)) : [],
  }
}

/** What is told of the user with the token may be new. */
async function keepUser(core: ChatCore, { user }: LiveConnection, known: UserRow | undefined): Promise<void> {
  if (!user) return
  const told: ChatUser = shownUser(user)
  if (known && JSON.stringify(viewUser(known)) === JSON.stringify(told)) return
  await core.write((work) => knowUser(work, told))
}

const ORIGIN = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i

/**
 * The room of an endpoint per room; `null` where its name cannot be read. Not `new URL`: it throws at some request lines that
 * HTTP lets through, and resolves room ids like `..`.
 */
function roomIn(url: string, endpoint: RegExp): Key | undefined | null {
  const [path = ''] = /^[^?#]*/.exec(url.replace(ORIGIN, '')) ?? []
  const name = endpoint.exec(path)?.[1]
  if (name === undefined) return undefined
  try {
    const room = decodeURIComponent(name)
    return isName(room) ? room : null
  } catch {
    // `%ff` is no UTF-8: there can be no such room.
    return null
  }
}
