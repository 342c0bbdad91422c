/** The record of one accepted connection. */
import type { LiveUser } from '../options.ts'
import type { ServerRequest, ServerSocket } from '../socket.ts'
import type { ClientFrame } from './clientFrame.ts'
import type { Meter } from './meter.ts'

export interface HeldText {
  /** Nothing for what is the user's own: nothing takes the right to it away. */
  readonly channel: string | undefined
  readonly text: string
}

export interface Session {
  readonly id: string
  readonly socket: ServerSocket
  readonly request: ServerRequest
  readonly meter: Meter
  /** Subscribed, by name. */
  readonly channels: Set<string>
  /** Subscriptions whose right is being asked for. One that is not in here any more was revoked meanwhile. */
  readonly asking: Map<string, symbol>
  /** Where its channels stood when a pong last told it. */
  readonly toldHeads: Map<string, string>
  /** The last frame of each line, see `inLine`. */
  readonly lines: Map<string, Promise<void>>
  /** By field, the channel that a frame means which names none: that of its endpoint. */
  readonly home: Record<string, string>
  user: LiveUser | undefined
  /** Plugins know of it, and are told when it ends. */
  isKnown: boolean
  /** `waiting`: no valid token yet. */
  phase: 'waiting' | 'ready' | 'closed'
  /** Frames that came while a token was being checked. */
  waiting: ClientFrame[] | undefined
  /** Requests that have committed and are not answered: events wait behind the answers. */
  committed: number
  readonly held: HeldText[]
  heldLength: number
  unanswered: number
  heardAt: number
  /** The deadline for a valid token, or the end of the one it has. */
  cancelDeadline(): void
}

export interface SessionParts extends Pick<Session, 'id' | 'socket' | 'request' | 'meter'> {
  readonly now: number
}

export const createSession = ({ now, ...parts }: SessionParts): Session => ({
  ...parts,
  channels: new Set(),
  asking: new Map(),
  toldHeads: new Map(),
  lines: new Map(),
  home: {},
  user: undefined,
  isKnown: false,
  phase: 'waiting',
  waiting: undefined,
  committed: 0,
  held: [],
  heldLength: 0,
  unanswered: 0,
  heardAt: now,
  cancelDeadline: () => undefined,
})

/** Frames of one line are served one after the other, those of different lines side by side. `work` does not reject. */
export function inLine({ lines }: Session, name: string, work: () => Promise<void>): void {
  const before = lines.get(name)
  const done = before === undefined ? work() : before.then(work)
  lines.set(name, done)
  void done.then(() => {
    if (lines.get(name) === done) lines.delete(name)
  })
}
