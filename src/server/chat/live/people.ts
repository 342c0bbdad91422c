/** Who is connected here, and the rooms that are watched for them. */
import type { LiveConnection } from '../../session/plugin.ts'
import { roomChannel, userChannel } from '../domain/work.ts'
import { wait } from '../steps.ts'
import type { Key } from '../tables/chatTables.ts'
import { type ChatCore, userKeyOf } from './core.ts'

export interface Person {
  readonly user: Key
  readonly connections: Set<LiveConnection>
  /** Those that the user is in, as far as is known here. */
  readonly rooms: Set<Key>
  readonly watched: Set<string>
  /** Their rooms are known and watched. */
  opened: Promise<void>
}

export interface People {
  get(user: Key): Person | undefined
  /** Those here that are in the room. */
  inRoom(room: Key): ReadonlySet<Key>
  /** Resolves when all that happens to the user is heard. @throws what the store throws */
  enter(connection: LiveConnection): Promise<Person>
  /** Whether it was the last one of its user. */
  leave(connection: LiveConnection): boolean
  /** The user is in the room from now on. */
  join(user: Key, room: Key): Promise<void>
  quit(user: Key, room: Key): void
  /** Reads the rooms of the user again. */
  reopen(user: Key): Promise<void>
}

const NOBODY: ReadonlySet<Key> = new Set()

interface Register {
  readonly core: ChatCore
  readonly people: Map<Key, Person>
  readonly byRoom: Map<Key, Set<Key>>
}

export function createPeople(core: ChatCore): People {
  const register: Register = { core, people: new Map(), byRoom: new Map() }
  const { people, byRoom } = register
  return {
    get: (user) => people.get(user),
    inRoom: (room) => byRoom.get(room) ?? NOBODY,
    enter: async (connection) => {
      const person = personOf(register, userKeyOf(connection))
      person.connections.add(connection)
      await person.opened
      return person
    },
    leave: (connection) => {
      const person = people.get(userKeyOf(connection))
      if (!person?.connections.delete(connection) || person.connections.size > 0) return false
      people.delete(person.user)
      for (const room of [...person.rooms]) unnote(register, person, room)
      core.host.unwatch([...person.watched])
      return true
    },
    join: async (user, room) => {
      const person = people.get(user)
      if (!person) return
      note(register, person, room)
      await watch(register, person, [roomChannel(room)])
    },
    quit: (user, room) => {
      const person = people.get(user)
      if (person) quit(register, person, room)
    },
    reopen: async (user) => {
      const person = people.get(user)
      if (person) await open(register, person)
    },
  }
}

function personOf(register: Register, user: Key): Person {
  const { people } = register
  const known = people.get(user)
  if (known) return known
  const person: Person = {
    user,
    connections: new Set(),
    rooms: new Set(),
    watched: new Set(),
    opened: Promise.resolve(),
  }
  people.set(user, person)
  person.opened = open(register, person)
  return person
}

async function open(register: Register, person: Person): Promise<void> {
  const { user } = person
  // Before they are read, so that nothing falls between.
  await watch(register, person, [userChannel(user)])
  const { result: rooms } = await register.core.read([], ({ tables, limits }) =>
    wait(tables.roomsOf(user, { limit: limits.roomsPerUser })),
  )
  if (!isHere(register, person)) return
  const keys = new Set(rooms.map(({ key }) => key))
  for (const room of [...person.rooms]) if (!keys.has(room)) quit(register, person, room)
  for (const room of keys) note(register, person, room)
  await watch(register, person, [...keys].map(roomChannel))
}

/** It may have left while something was waited for. */
const isHere = ({ people }: Register, person: Person) => people.get(person.user) === person

async function watch(register: Register, person: Person, channels: readonly string[]): Promise<void> {
  const fresh = isHere(register, person) ? channels.filter((channel) => !person.watched.has(channel)) : []
  for (const channel of fresh) person.watched.add(channel)
  if (fresh.length > 0) await register.core.host.watch(fresh)
}

function note({ byRoom }: Register, person: Person, room: Key): void {
  person.rooms.add(room)
  byRoom.set(room, (byRoom.get(room) ?? new Set()).add(person.user))
}

function unnote({ byRoom }: Register, { user, rooms }: Person, room: Key): void {
  rooms.delete(room)
  const users = byRoom.get(room)
  if (users?.delete(user) && users.size === 0) byRoom.delete(room)
}

function quit(register: Register, person: Person, room: Key): void {
  unnote(register, person, room)
  if (person.watched.delete(roomChannel(room))) register.core.host.unwatch([roomChannel(room)])
}
