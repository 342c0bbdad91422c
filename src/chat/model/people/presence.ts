/**
 * Who is online. A server tells it once, when the connection opens, which is before anybody asks; so what was heard is
 * kept here, per user, and cached values are made of it.
 */
import { type } from '../../../query/index.ts'
import type { Id, Presence, PresenceStatus } from '../data/types.ts'
import { type ChatContext, roomsEndpoint } from '../session/context.ts'

const PRESENCE = 'chat.presence'
/** Who reloads a page or changes trains is not gone. Milliseconds. */
const GRACE_MS = 10_000
/** Heard of, and asked for by nobody: about 2 MB. */
const MAX_STRANGERS = 10_000
const UNKNOWN: Presence = { status: 'unknown' }

type Known = Readonly<Record<string, Presence>>

export interface StatusEvent {
  readonly user_id: Id
  readonly status: string
  readonly last_seen_at?: string | null | undefined
}

interface Heard {
  readonly presence: Presence
  /** Milliseconds since 1970; what was heard over an earlier connection says nothing about now. */
  readonly at: number
  /** When that connection was made: the same one is the same one, whatever became of the clock. */
  readonly since: number
  /** Has left, and may be back before that shows. */
  readonly grace?: { readonly cancel: () => void; readonly end: () => void }
}

export interface PresenceBook {
  /** What is shown of a user by now. */
  get(id: string): Presence
  hear(event: StatusEvent): void
  /** Nobody listens any more: whoever was leaving has left. */
  stop(): void
  clear(): void
}

type Parts = Pick<ChatContext, 'live' | 'manager' | 'endpoints'>

const connectedAt = ({ manager, endpoints }: Parts) =>
  manager.store.getState().connections[endpoints.rooms ?? '']?.lastConnectedAt ?? 0

export function createPresenceBook(context: Parts): PresenceBook {
  const { clock } = context.manager.port
  const book = new Map<string, Heard>()
  /** By the application. */
  const asked = new Set<string>()
  /** What no value says yet. */
  let news = new Map<string, Presence>()
  const now = () => ({ at: clock.wallNow(), since: connectedAt(context) })

  /** A crowd that comes at once is gone through once. */
  function tellNews(): void {
    const told = news
    news = new Map()
    const apply = (known: Known) => withNews(known, told)
    context.live.apply([{ definition: PRESENCE, params: {}, op: { kind: 'reduce', apply } }])
  }

  function note(id: string, presence: Presence): void {
    book.set(id, { presence, ...now() })
    letGoOfStrangers(book, asked)
    if (news.size === 0) clock.requestFrame(tellNews)
    news.set(id, presence)
  }

  function stop(): void {
    for (const { grace } of book.values()) grace?.end()
  }

  return {
    get(id) {
      asked.add(id)
      const since = connectedAt(context)
      const heard = book.get(id)
      return heard && (heard.since === since || heard.at >= since) ? heard.presence : UNKNOWN
    },
    hear({ user_id, status, last_seen_at }) {
      const id = String(user_id)
      const presence = presenceIn(status, last_seen_at)
      const before = book.get(id)
      const isLeaving = status === 'offline' && isThere(before?.presence)
      if (before?.grace && isLeaving) return
      before?.grace?.cancel()
      if (!before || !isLeaving) return note(id, presence)
      const end = () => {
        cancel()
        note(id, presence)
      }
      const cancel = clock.setTimer(end, GRACE_MS)
      book.set(id, { presence: before.presence, ...now(), grace: { cancel, end } })
    },
    stop,
    clear() {
      stop()
      for (const all of [book, asked, news]) all.clear()
    },
  }
}

/** The oldest go first; whoever is asked for goes behind the others instead. */
function letGoOfStrangers(book: Map<string, Heard>, asked: ReadonlySet<string>): void {
  for (const [id, heard] of book) {
    if (book.size <= MAX_STRANGERS + asked.size) return
    book.delete(id)
    if (asked.has(id)) book.set(id, heard)
    else heard.grace?.cancel()
  }
}

function presenceIn(status: string, last_seen_at: StatusEvent['last_seen_at']): Presence {
  return { status: status as PresenceStatus, ...(last_seen_at !== undefined && { last_seen_at }) }
}

const isThere = (shown: Presence | undefined) => shown?.status === 'online' || shown?.status === 'away'

function withNews(known: Known, news: ReadonlyMap<string, Presence>): Known {
  const changed = [...news].filter(([id, presence]) => Object.hasOwn(known, id) && known[id] !== presence)
  return changed.length === 0 ? known : { ...known, ...Object.fromEntries(changed) }
}

export function definePresence({ live, endpoints }: ChatContext, book: PresenceBook) {
  return live.value<Known, { readonly userIds: readonly Id[] }>(PRESENCE, {
    params: type<{ readonly userIds: readonly Id[] }>(),
    ...roomsEndpoint({ endpoints }),
    schema: type<Known>(),
    snapshot: async ({ params }) =>
      Object.fromEntries(params.userIds.map((id) => [String(id), book.get(String(id))])),
    // What is heard is heard by the book.
    events: {},
  })
}
