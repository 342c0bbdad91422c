/** The record of one connection between a mount and the kit, and how it ends. Knows no room and no user. */
import type { AcceptedSocket, ServerRequest, ServerSocket } from '../../../server/socket.ts'
import { readAddress } from '../address.ts'
import type { ServerClock } from '../clock.ts'
import type { ChatServerEvent, ServerConnection } from '../connection.ts'
import type { ChatLevel, Id, ServerFrame } from '../wire.ts'
import type { FaultPlan } from './faults.ts'
import { createHearing, type Hearing } from './hearing.ts'
import { createOutbox, type Outbox } from './outbox.ts'

export interface LineParts {
  readonly level: ChatLevel
  readonly clock: ServerClock
  readonly faults: FaultPlan
  /** Packs the frames of one turn for one connection into an array. */
  readonly batch: boolean
  /** Characters of one message; the kit closes for more. */
  readonly messageLength: number
  emit(event: ChatServerEvent): void
  /** The kit's own. */
  accept(socket: ServerSocket, request: ServerRequest): AcceptedSocket
}

export interface Line {
  readonly id: string
  readonly connection: ServerConnection
  /** Path of the URL, without query. */
  readonly endpoint: string
  readonly outbox: Outbox
  readonly hearing: Hearing
  /** At levels that hide something of the answers: what was asked, by the id of the frame. */
  readonly asked: Map<string, string>
  /** Refusals of what came before it was known who it is: a greeting comes first. */
  readonly early: (() => void)[]
  /** What the kit calls it. */
  kitId: string | undefined
  accepted: AcceptedSocket | undefined
  /** Once it is known who it is. */
  userId: Id | undefined
  isOpen: boolean
  /** Open for both sides, but nothing gets through: the network is gone and nobody has noticed. */
  isSilent: boolean
  /** Takes it off the list. */
  readonly onEnd: () => void
}

export interface LineOptions extends Pick<Line, 'connection' | 'id' | 'onEnd'> {
  onPending(line: Line): void
}

const SERVER_ERROR = 1011
const TRY_AGAIN_LATER = 1013
const RATE_LIMITED = 4029

export function createLine(parts: LineParts, { onPending, ...options }: LineOptions): Line {
  const line: Line = {
    ...options,
    endpoint: readAddress(options.connection.url).path,
    outbox: createOutbox({
      clock: parts.clock,
      faults: parts.faults,
      batch: parts.batch && parts.level > 0,
      onPending: () => onPending(line),
      write: (text) => write(parts, line, text),
    }),
    hearing: createHearing(),
    asked: new Map(),
    early: [],
    kitId: undefined,
    accepted: undefined,
    userId: undefined,
    isOpen: true,
    isSilent: false,
  }
  return line
}

/** A socket that takes nothing more is the end of its own connection, and of no other. */
function write(parts: LineParts, line: Line, text: string): void {
  const { id, connection, isOpen, isSilent } = line
  if (isSilent || !isOpen) return
  try {
    parts.emit({ type: 'sent', connectionId: id, text })
    connection.send(text)
  } catch (error) {
    parts.emit({ type: 'failed', error })
    endLine(parts, line, { code: SERVER_ERROR, reason: 'writing failed' })
  }
}

export const sendFrame = ({ outbox }: Line, frame: ServerFrame): void =>
  outbox.add({ frame, text: JSON.stringify(frame) })

interface End {
  readonly code: number
  readonly reason: string
}

/** What was sent before still goes out. */
export function endLine(parts: LineParts, line: Line, { code, reason }: End): void {
  if (line.isOpen) line.outbox.flush()
  if (!leaveLine(line)) return
  line.accepted?.closed()
  parts.emit({ type: 'closed', connectionId: line.id, code, reason })
  try {
    if (!line.isSilent) line.connection.close(code, reason)
  } catch (error) {
    parts.emit({ type: 'failed', error })
  }
}

/** Whoever ends it. False where it has ended already. */
export function leaveLine(line: Line): boolean {
  if (!line.isOpen) return false
  line.isOpen = false
  line.outbox.forget()
  line.onEnd()
  return true
}

/** Where nothing is answered, what is the server's own fault ends the connection, or the client would take the frame for done. */
export function endUnserved(parts: LineParts, line: Line, code: unknown): void {
  if (code === 'unavailable' || code === 'internal')
    endLine(parts, line, { code: TRY_AGAIN_LATER, reason: '{"retry_after_ms":1000}' })
}

/** What is not read must not be followed by anything that is: it would be taken for read. */
export const endTooFast = (parts: LineParts, line: Line, retry_after_ms: unknown): void =>
  endLine(parts, line, { code: RATE_LIMITED, reason: JSON.stringify({ retry_after_ms }) })
