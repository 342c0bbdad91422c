/** All connections, by user and by channel: whoever tells a few looks at those few only. */
import type { Id } from '../../transport/port.ts'
import type { Session } from './session.ts'

export interface Sessions {
  readonly all: ReadonlySet<Session>
  add(session: Session): void
  /** Its user is known now. */
  addUser(session: Session, id: Id): void
  ofUser(id: Id | string): ReadonlySet<Session>
  ofChannel(channel: string): ReadonlySet<Session>
  subscribe(session: Session, channel: string): void
  /** Whether that was the last one of the channel. */
  unsubscribe(session: Session, channel: string): boolean
  /** The channels that nobody has any more. */
  remove(session: Session): string[]
}

const NOBODY: ReadonlySet<Session> = new Set()

export function createSessions(): Sessions {
  const all = new Set<Session>()
  const [byUser, byChannel] = [createIndex(), createIndex()]
  const unsubscribe = (session: Session, channel: string) => {
    session.toldHeads.delete(channel)
    return session.channels.delete(channel) && byChannel.remove(channel, session)
  }
  return {
    all,
    add: (session) => void all.add(session),
    addUser: (session, id) => byUser.add(String(id), session),
    ofUser: (id) => byUser.of(String(id)),
    ofChannel: byChannel.of,
    subscribe: (session, channel) => {
      session.channels.add(channel)
      byChannel.add(channel, session)
    },
    unsubscribe,
    remove: (session) => {
      all.delete(session)
      if (session.user) byUser.remove(String(session.user.id), session)
      return [...session.channels].filter((channel) => unsubscribe(session, channel))
    },
  }
}

function createIndex() {
  const sets = new Map<string, Set<Session>>()
  return {
    of: (name: string) => sets.get(name) ?? NOBODY,
    add: (name: string, session: Session) => {
      const set = sets.get(name) ?? new Set()
      sets.set(name, set.add(session))
    },
    /** Whether that was the last one. */
    remove: (name: string, session: Session): boolean => {
      const set = sets.get(name)
      const isLast = (set?.delete(session) ?? false) && set?.size === 0
      if (isLast) sets.delete(name)
      return isLast
    },
  }
}
