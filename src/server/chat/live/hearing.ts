/** What happens, in whatever process, and what it means for those who are connected here. */
import { fieldsOf, textOf } from '../../../transport/protocol.ts'
import type { LoggedEvent } from '../../store.ts'
import { roomChannel, userChannel } from '../domain/work.ts'
import { wait } from '../steps.ts'
import type { Key } from '../tables/chatTables.ts'
import { type ChatCore, hearsOf, userKeyOf } from './core.ts'
import type { People } from './people.ts'
import type { Updates } from './updates.ts'

interface HearingParts {
  readonly core: ChatCore
  readonly people: People
  readonly updates: Updates
}

export interface Hearing {
  delivering(channel: string, events: readonly LoggedEvent[]): void
  lost(channel: string): void
}

const keyIn = (channel: string, prefix: string): Key | undefined =>
  channel.startsWith(prefix) ? channel.slice(prefix.length) : undefined

const ROOMS = roomChannel('')
const USERS = userChannel('')

export function createHearing(parts: HearingParts): Hearing {
  const { core, people, updates } = parts
  return {
    delivering: (channel, events) => {
      const user = keyIn(channel, USERS)
      if (user !== undefined) for (const { event } of events) hearOwn(parts, user, event)
      const room = keyIn(channel, ROOMS)
      if (room !== undefined) hearRoom(parts, room, events)
    },
    lost: (channel) => {
      const user = keyIn(channel, USERS)
      if (user !== undefined) {
        const lookAtAll = () => {
          for (const room of people.get(user)?.rooms ?? []) updates.moved(room)
        }
        void people.reopen(user).then(lookAtAll, core.host.fail)
        const text = JSON.stringify({ type: 'resync_required', data: { reason: 'events were lost' } })
        for (const connection of core.host.connectionsOf(user)) core.host.send(connection, text)
      }
      const room = keyIn(channel, ROOMS)
      if (room === undefined) return
      void endStrangers(core, room).catch(core.host.fail)
      updates.moved(room)
    },
  }
}

/** What happened to one user only. */
function hearOwn({ core, people, updates }: HearingParts, user: Key, text: string): void {
  const frame = fieldsOf(JSON.parse(text))
  const room = textOf(frame.room_id) ?? ''
  const { host } = core
  const person = people.get(user)
  if (!person) return
  if (frame.type === 'room_removed') {
    for (const connection of person.connections) host.unsubscribe(connection, roomChannel(room))
    people.quit(user, room)
    updates.forget(user, room)
  }
  for (const connection of host.connectionsOf(user))
    if (hearsOf(connection, room)) host.send(connection, text)
  if (frame.type === 'room_added') {
    // What came before it was watched has to be looked at, too.
    void people.join(user, room).then(() => updates.moved(room), host.fail)
    // Who left and comes back may still be connected to the room's own endpoint.
    for (const connection of person.connections)
      if (connection.home.room_id === room) host.subscribe(connection, roomChannel(room)).catch(host.fail)
  }
  if (frame.type === 'unread_update') updates.told(user, room, fieldsOf(frame.data))
}

/** Only the list of rooms shows more than this. */
const isShown = ({ event }: LoggedEvent) => !event.startsWith('{"type":"reaction_updated"')

function hearRoom(parts: HearingParts, room: Key, events: readonly LoggedEvent[]): void {
  const { core, people, updates } = parts
  for (const { event } of events) {
    if (!event.startsWith('{"type":"member_left"')) continue
    const { user } = fieldsOf(fieldsOf(fieldsOf(JSON.parse(event)).data).member)
    const left = people.get(textOf(fieldsOf(user).id) ?? '')
    // Nothing of what comes after it, whatever else is known here by now.
    for (const connection of left?.connections ?? []) core.host.unsubscribe(connection, roomChannel(room))
  }
  if (events.some(isShown)) updates.moved(room)
}

/** Events are missing, and who was thrown out with them. */
async function endStrangers({ host, read }: ChatCore, room: Key): Promise<void> {
  const subscribers = [...host.subscribersOf(roomChannel(room))]
  const users = [...new Set(subscribers.map(userKeyOf))]
  const { result } = await read([], ({ tables }) => wait(tables.countedMembers([room], users)))
  const members = new Set(result.map(({ user }) => user))
  for (const connection of subscribers)
    if (!members.has(userKeyOf(connection))) host.unsubscribe(connection, roomChannel(room))
}
