/**
 * Who is online. A server tells it once, when the connection opens, which is before anybody asks; so what was heard is
 * kept here, per user, and cached values are made of it.
 */
import { type Change, reduce, type } from '../../../query/index.ts'
import { checked } from '../data/fit.ts'
import { UserStatus } from '../data/schemas.ts'
import type { Id, Presence, PresenceStatus } from '../data/types.ts'
import { type ChatContext, roomsEndpoint } from '../session/context.ts'

const PRESENCE = 'chat.presence'
/** Who reloads a page or changes trains is not gone. Milliseconds. */
const GRACE_MS = 10_000
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
  readonly cancel?: () => void
}

export function createPresenceBook({
  live,
  manager,
  endpoints,
}: Pick<ChatContext, 'live' | 'manager' | 'endpoints'>) {
  const { clock } = manager.port
  const book = new Map<string, Heard>()
  /** What was made last, and of what: of many events that come at once the book is asked once. */
  let changes = 0
  let seen: { readonly known: Known; readonly changes: number; readonly since: number } | undefined
  const connectedAt = () => manager.store.getState().connections[endpoints.rooms ?? '']?.lastConnectedAt ?? 0
  const now = () => ({ at: clock.wallNow(), since: connectedAt() })

  function hear({ user_id, status, last_seen_at }: StatusEvent): void {
    const id = String(user_id)
    changes++
    const presence: Presence = {
      status: status as PresenceStatus,
      ...(last_seen_at !== undefined && { last_seen_at }),
    }
    const before = book.get(id)
    const shown = before?.presence.status
    const isLeaving = status === 'offline' && (shown === 'online' || shown === 'away')
    if (isLeaving && before?.cancel) return
    before?.cancel?.()
    if (!isLeaving) return void book.set(id, { presence, ...now() })
    const cancel = clock.setTimer(() => {
      changes++
      book.set(id, { presence, ...now() })
      live.apply([refreshed])
    }, GRACE_MS)
    book.set(id, { presence: before?.presence ?? UNKNOWN, ...now(), cancel })
  }

  function presenceOf(id: string): Presence {
    const since = connectedAt()
    const heard = book.get(id)
    return heard && (heard.since === since || heard.at >= since) ? heard.presence : UNKNOWN
  }

  const look = (before: Known): Known => {
    const since = connectedAt()
    if (seen?.known === before && seen.changes === changes && seen.since === since) return before
    const isSame = Object.entries(before).every(([id, presence]) => presence === presenceOf(id))
    const known = isSame ? before : Object.fromEntries(Object.keys(before).map((id) => [id, presenceOf(id)]))
    seen = { known, changes, since }
    return known
  }
  const refreshed: Change = {
    definition: PRESENCE,
    params: {},
    op: { kind: 'reduce', apply: look },
  }

  function forget(): void {
    for (const { cancel } of book.values()) cancel?.()
    book.clear()
    changes++
  }

  return { hear, presenceOf, look, forget }
}

export type PresenceBook = ReturnType<typeof createPresenceBook>

export function definePresence({ live, endpoints }: ChatContext, book: PresenceBook) {
  return live.value<Known, { readonly userIds: readonly Id[] }>(PRESENCE, {
    params: type<{ readonly userIds: readonly Id[] }>(),
    ...roomsEndpoint({ endpoints }),
    schema: type<Known>(),
    snapshot: async ({ params }) =>
      Object.fromEntries(params.userIds.map((id) => [String(id), book.presenceOf(String(id))])),
    events: {
      user_status: checked(UserStatus, (event, context) => {
        book.hear(event)
        return reduce((known: Known) => book.look(known))(event, context)
      }),
    },
  })
}
