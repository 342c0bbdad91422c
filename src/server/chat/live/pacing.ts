/** When rooms are looked at: at once, and then not again before they have rested. What comes meanwhile is looked at together. */
import type { ServerEnvironment } from '../../environment.ts'
import type { Key } from '../tables/chatTables.ts'

/** For whom: those users, or everybody. */
export type Due = 'all' | Set<Key>

export interface PacingParts {
  readonly environment: Pick<ServerEnvironment, 'now' | 'setTimer'>
  /** What it throws is told, and tried again later. */
  look(rooms: ReadonlyMap<Key, Due>): Promise<void>
  onError(error: unknown): void
}

export interface Pacing {
  due(room: Key, user?: Key): void
  /** So long, from now on. */
  rest(room: Key, restMs: number): void
  forget(room: Key): void
  close(): void
}

const AFTER_ERROR_MS = 1_000

interface Rooms extends PacingParts {
  due: Map<Key, Due>
  /** Until when, by the clock that does not jump. */
  readonly resting: Map<Key, number>
  readonly timers: Map<Key, () => void>
  isLooking: boolean
}

export function createPacing(parts: PacingParts): Pacing {
  const rooms: Rooms = { ...parts, due: new Map(), resting: new Map(), timers: new Map(), isLooking: false }
  const { resting, timers } = rooms
  const forget = (room: Key) => {
    rooms.due.delete(room)
    resting.delete(room)
    timers.get(room)?.()
    timers.delete(room)
  }
  return {
    due: (room, user) => {
      const known = rooms.due.get(room) ?? new Set()
      rooms.due.set(room, user === undefined || known === 'all' ? 'all' : known.add(user))
      void lookAtReady(rooms)
    },
    rest: (room, restMs) => rest(rooms, room, restMs),
    forget,
    close: () => {
      for (const room of [...timers.keys(), ...rooms.due.keys()]) forget(room)
    },
  }
}

const rest = ({ resting, environment }: Rooms, room: Key, restMs: number) =>
  void resting.set(room, environment.now() + restMs)

async function lookAtReady(rooms: Rooms): Promise<void> {
  if (rooms.isLooking) return
  rooms.isLooking = true
  for (let ready = takeReady(rooms); ready.size > 0; ready = takeReady(rooms)) {
    await rooms.look(ready).catch((error: unknown) => {
      rooms.onError(error)
      for (const room of ready.keys()) {
        rooms.due.set(room, 'all')
        rest(rooms, room, AFTER_ERROR_MS)
      }
    })
  }
  rooms.isLooking = false
}

/** Those that do not rest. */
function takeReady(rooms: Rooms): Map<Key, Due> {
  const { environment, resting } = rooms
  const now = environment.now()
  const ready = new Map([...rooms.due].filter(([room]) => (resting.get(room) ?? now) <= now))
  rooms.due = new Map([...rooms.due].filter(([room]) => !ready.has(room)))
  for (const room of rooms.due.keys()) wakeLater(rooms, room, (resting.get(room) ?? now) - now)
  return ready
}

function wakeLater(rooms: Rooms, room: Key, delayMs: number): void {
  const { timers, environment } = rooms
  if (timers.has(room)) return
  const wake = () => {
    timers.delete(room)
    void lookAtReady(rooms)
  }
  timers.set(room, environment.setTimer(wake, delayMs))
}
