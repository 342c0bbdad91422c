/** Puts the parts together and runs turns: do, store, write, close. Nothing that one client does throws out of a turn. */
import type { ChatState } from './chatState.ts'
import type { ServerClock } from './clock.ts'
import { createFaultPlan, type FaultPlan } from './faults.ts'
import type { ChatServerEvent, CustomHandler, Hub } from './hub.ts'
import { createJournal } from './journal.ts'
import { CAPABILITIES } from './levels.ts'
import type { ServerLimits } from './limits.ts'
import { createOutbox, type Outbox } from './outbox.ts'
import type { Session } from './session.ts'
import type { ChatStore } from './store.ts'
import type { ChatLevel } from './wire.ts'

export interface HubParts {
  readonly level: ChatLevel
  readonly clock: ServerClock
  readonly state: ChatState
  readonly faults: FaultPlan
  readonly store: ChatStore | undefined
  readonly batch: boolean
  readonly maxMessageLength: number
  readonly limits: ServerLimits
  readonly customHandlers: Readonly<Record<string, CustomHandler>>
  readonly sessions: ReadonlySet<Session>
  readonly emit: (event: ChatServerEvent) => void
  /** Takes a session out of the server; called before its connection is closed. */
  readonly onClose: (session: Session) => void
}

/** Characters. */
const MAX_PENDING = 1_048_576
const SERVER_ERROR = 1011
const TRY_AGAIN_LATER = 1013

export function createHub(parts: HubParts): Hub {
  const outbox = createOutbox({
    clock: parts.clock,
    faults: createFaultPlan(() => 1),
    batch: false,
    write: (session, text) => writeText(parts, { session, text, close: (...end) => hub.close(...end) }),
    turn: (run) => hub.turn(run),
  })
  const closings = createClosings(parts)
  const journal = createJournal({ store: parts.store, outbox, emit: parts.emit })
  const now = () => parts.clock.now() + parts.faults.settings.skewClockMs
  const hub: Hub = {
    level: parts.level,
    capabilities: CAPABILITIES[3],
    maxMessageLength: parts.maxMessageLength,
    limits: parts.limits,
    state: parts.state,
    sessions: parts.sessions,
    faults: parts.faults,
    customHandlers: parts.customHandlers,
    now,
    timestamp: () => new Date(now()).toISOString(),
    turn: createTurn(outbox, closings),
    atomically: journal.atomically,
    change: (change, undo) => journal.add({ change, undo }),
    onUndo: (undo) => journal.add({ undo }),
    emitStored: (event) => journal.add({ event, undo: () => undefined }),
    send: (session, frame, kind = 'event') => outbox.add({ session, frame, kind }),
    mark: outbox.mark,
    sendAt: (mark, session, frame) => outbox.insert(mark, { session, frame, kind: 'reply' }),
    close: (session, code, reason) => closings.add({ session, code, reason }),
    relieve: () => outbox.flush(MAX_PENDING),
    forget: outbox.forget,
    emit: parts.emit,
  }
  return hub
}

interface Writing {
  readonly session: Session
  readonly text: string
  readonly close: Hub['close']
}

/** A socket that takes nothing more is the end of its own connection, and of no other. */
function writeText({ emit, limits }: HubParts, { session, text, close }: Writing): void {
  const { connection } = session
  if (session.halfOpen || session.phase === 'closed') return
  try {
    // What waited before: one answer that is larger makes nobody a slow reader.
    if ((connection.bufferedBytes?.() ?? 0) > limits.bufferedBytes) {
      close(session, TRY_AGAIN_LATER, '{"retry_after_ms":1000}')
      return
    }
    emit({ type: 'sent', connectionId: session.id, text })
    connection.send(text)
  } catch (error) {
    emit({ type: 'failed', error })
    close(session, SERVER_ERROR, 'writing failed')
  }
}

function createTurn(outbox: Outbox, closings: ReturnType<typeof createClosings>): Hub['turn'] {
  let depth = 0
  const finish = () => {
    // Closing tells others that somebody left, which is more to send.
    do outbox.flush()
    while (closings.run() || outbox.mark() > 0)
  }
  return (run) => {
    depth += 1
    try {
      return run()
    } finally {
      // Also after an error: what is on its way by now is stored and true.
      if (depth === 1) finish()
      depth -= 1
    }
  }
}

interface Closing {
  readonly session: Session
  readonly code: number
  readonly reason: string
}

function createClosings({ onClose, emit }: HubParts) {
  let waiting: Closing[] = []
  const end = ({ session, code, reason }: Closing) => {
    // Closed twice in one turn: the first reason counts.
    if (session.phase === 'closed') return
    onClose(session)
    emit({ type: 'closed', connectionId: session.id, code, reason })
    try {
      if (!session.halfOpen) session.connection.close(code, reason)
    } catch (error) {
      emit({ type: 'failed', error })
    }
  }
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
      for (const closing of due) end(closing)
      return due.length > 0
    },
  }
}
