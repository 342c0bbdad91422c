/** Puts the parts together and runs turns: do, store, write, close. */
import type { ChatState } from './chatState.ts'
import type { ServerClock } from './clock.ts'
import type { FaultPlan } from './faults.ts'
import type { ChatServerEvent, CustomHandler, Hub } from './hub.ts'
import { CAPABILITIES } from './levels.ts'
import { createOutbox, type Outbox } from './outbox.ts'
import type { Session } from './session.ts'
import { type ChatStore, changeName, type StoreChange } from './store.ts'
import type { ChatLevel } from './wire.ts'

export interface HubParts {
  readonly level: ChatLevel
  readonly clock: ServerClock
  readonly state: ChatState
  readonly faults: FaultPlan
  readonly store: ChatStore | undefined
  readonly batch: boolean
  readonly maxMessageLength: number
  readonly customHandlers: Readonly<Record<string, CustomHandler>>
  readonly sessions: ReadonlySet<Session>
  readonly emit: (event: ChatServerEvent) => void
  /** Takes a session out of the server; called before its connection is closed. */
  readonly onClose: (session: Session) => void
}

const SERVER_ERROR = 1011

export function createHub(parts: HubParts): Hub {
  const outbox = createOutbox({
    clock: parts.clock,
    faults: parts.faults,
    batch: parts.batch && CAPABILITIES[parts.level].session,
    write: (session, text) => writeText(parts, session, text),
  })
  const closings = createClosings(parts, outbox)
  const changes = createChanges(parts)
  const now = () => parts.clock.now() + parts.faults.settings.skewClockMs
  const hub: Hub = {
    level: parts.level,
    capabilities: CAPABILITIES[parts.level],
    maxMessageLength: parts.maxMessageLength,
    state: parts.state,
    sessions: parts.sessions,
    faults: parts.faults,
    customHandlers: parts.customHandlers,
    now,
    timestamp: () => new Date(now()).toISOString(),
    turn: createTurn({ parts, outbox, closings, changes }),
    change: changes.add,
    send: (session, frame, kind = 'event') => outbox.add({ session, frame, kind }),
    mark: outbox.mark,
    sendAt: (mark, session, frame) => outbox.insert(mark, { session, frame, kind: 'reply' }),
    close: (session, code, reason) => closings.add({ session, code, reason }),
    emit: parts.emit,
  }
  return hub
}

function writeText({ emit }: HubParts, session: Session, text: string): void {
  if (session.halfOpen || session.phase === 'closed') return
  emit({ type: 'sent', connectionId: session.id, text })
  session.connection.send(text)
}

interface Turning {
  readonly parts: HubParts
  readonly outbox: Outbox
  readonly closings: ReturnType<typeof createClosings>
  readonly changes: ReturnType<typeof createChanges>
}

function createTurn({ parts, outbox, closings, changes }: Turning): Hub['turn'] {
  let depth = 0
  const finish = () => {
    // Closing tells others that somebody left, which is more to store and to send.
    do {
      if (changes.write()) outbox.flush()
      else failAll(parts, { outbox, closings })
    } while (closings.run())
  }
  return (run) => {
    depth += 1
    try {
      const result = run()
      if (depth === 1) finish()
      return result
    } finally {
      depth -= 1
    }
  }
}

/** Nobody may hear of what was not stored. The changes stay in line and go with the next turn that can store them. */
function failAll(
  { sessions }: HubParts,
  { outbox, closings }: { outbox: Outbox; closings: ReturnType<typeof createClosings> },
): void {
  outbox.discard()
  for (const session of sessions) closings.add({ session, code: SERVER_ERROR, reason: 'storage failed' })
}

function createChanges({ store, emit }: HubParts) {
  const waiting = new Map<string, StoreChange>()
  return {
    add: (change: StoreChange) => {
      if (store) waiting.set(changeName(change), change)
    },
    /** False when the store failed. */
    write: (): boolean => {
      if (!store || waiting.size === 0) return true
      try {
        store.write([...waiting.values()])
        waiting.clear()
        return true
      } catch (error) {
        emit({ type: 'failed', error })
        return false
      }
    },
  }
}

interface Closing {
  readonly session: Session
  readonly code: number
  readonly reason: string
}

function createClosings({ onClose, emit }: HubParts, outbox: Outbox) {
  let waiting: Closing[] = []
  return {
    add: (closing: Closing) => {
      if (closing.session.phase === 'closed') return
      closing.session.phase = 'closing'
      waiting.push(closing)
    },
    /** False when there was nothing to close. */
    run: (): boolean => {
      const due = waiting
      waiting = []
      for (const { session, code, reason } of due) {
        // Closed twice in one turn: the first reason counts.
        if (session.phase === 'closed') continue
        outbox.forget(session)
        onClose(session)
        emit({ type: 'closed', connectionId: session.id, code, reason })
        if (!session.halfOpen) session.connection.close(code, reason)
      }
      return due.length > 0
    },
  }
}
