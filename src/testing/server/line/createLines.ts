/** All connections between mounts and the kit, and the turns in which they write. */
import type { ServerRequest } from '../../../server/socket.ts'
import { withoutToken } from '../address.ts'
import type { AcceptedConnection, ServerConnection } from '../connection.ts'
import type { Id, ServerFrame } from '../wire.ts'
import { socketOf } from './down.ts'
import { createLine, endLine, type Line, type LineParts, leaveLine } from './line.ts'
import { receive } from './up.ts'

export interface Lines {
  /** Those that are open, in the order in which they came. */
  readonly all: ReadonlySet<Line>
  accept(connection: ServerConnection): AcceptedConnection
  /** Told by the kit, within its `accept`. */
  named(kitId: string): void
  /** Told by the kit. */
  authenticated(kitId: string, userId: Id): void
  /** What is sent within it has left when it returns, packed per connection. */
  turn<Result>(run: () => Result): Result
  /** To everybody whose user is known, or to those who are meant. Past the level: it is the application's own. */
  send(frame: ServerFrame, isMeant?: (line: Line) => boolean): void
  end(line: Line, code: number, reason: string): void
}

export function createLines(parts: LineParts): Lines {
  const all = new Set<Line>()
  const byKitId = new Map<string, Line>()
  const turns = createTurns()
  let opening: Line | undefined
  let count = 0
  return {
    all,
    turn: turns.run,
    accept: (connection) => {
      const line: Line = createLine(parts, {
        connection,
        id: `c${++count}`,
        onPending: turns.add,
        onEnd: () => {
          all.delete(line)
          if (line.kitId !== undefined) byKitId.delete(line.kitId)
        },
      })
      all.add(line)
      opening = line
      openLine(parts, line)
      opening = undefined
      return { receive: (text) => receive(parts, line, text), closed: () => hangUp(parts, line) }
    },
    named: (kitId) => {
      if (!opening) return
      opening.kitId = kitId
      byKitId.set(kitId, opening)
    },
    authenticated: (kitId, userId) => {
      const line = byKitId.get(kitId)
      if (!line) return
      line.userId = userId
      parts.emit({ type: 'authenticated', connectionId: line.id, userId })
    },
    send: (frame, isMeant = () => true) => {
      // Without JSON it fails whoever sends it, and nothing of it has been sent.
      const text = JSON.stringify(frame)
      turns.run(() => {
        for (const line of all)
          if (line.userId !== undefined && isMeant(line)) line.outbox.add({ frame, text })
      })
    },
    end: (line, code, reason) => endLine(parts, line, { code, reason }),
  }
}

function openLine(parts: LineParts, line: Line): void {
  const { connection } = line
  parts.emit({ type: 'connected', connectionId: line.id, url: withoutToken(connection.url) })
  const refusal = parts.faults.takeRefusal(parts.clock.now())
  if (refusal !== undefined) endLine(parts, line, { code: refusal, reason: 'refused' })
  else line.accepted = parts.accept(socketOf(parts, line), requestOf(connection))
  // Refused by the kit while it was accepted.
  if (!line.isOpen) line.accepted?.closed()
}

/** The other end has closed it. */
function hangUp(parts: LineParts, line: Line): void {
  if (!leaveLine(line)) return
  parts.emit({ type: 'closed', connectionId: line.id })
  line.accepted?.closed()
}

const requestOf = ({ url, protocols = [] }: ServerConnection): ServerRequest => ({
  url,
  headers: {
    get: (name) => (name === 'sec-websocket-protocol' && protocols.length > 0 ? protocols.join(', ') : null),
  },
})

/** What is written outside of one leaves with the promises that are due by then. */
function createTurns() {
  const due = new Set<Line>()
  let depth = 0
  let isPlanned = false
  const finish = () => {
    isPlanned = false
    for (const line of due) {
      due.delete(line)
      line.outbox.flush()
    }
  }
  return {
    add: (line: Line) => {
      due.add(line)
      if (depth > 0 || isPlanned) return
      isPlanned = true
      queueMicrotask(finish)
    },
    run: <Result>(run: () => Result): Result => {
      depth += 1
      try {
        return run()
      } finally {
        depth -= 1
        // Also after an error: what is on its way by now is stored and true.
        if (depth === 0) finish()
      }
    },
  }
}
