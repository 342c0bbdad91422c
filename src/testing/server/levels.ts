/** What each level of back end offers, as a table. Handlers ask for a capability, never for a level. */
import type { ChatLevel } from './wire.ts'

export interface Capabilities {
  /** Answers frames, and refuses the ones it cannot serve. */
  readonly replies: boolean
  /** Sends a `welcome`, may pack frames into arrays, and tells users about all their rooms. */
  readonly session: boolean
  /** Remembers and returns `client_id`. */
  readonly clientIds: boolean
  /** Numbers the events of a room and can replay them. */
  readonly sequence: boolean
  /** Says at which position a snapshot was taken. */
  readonly positions: boolean
  /** Frame types that are served; any other is refused, or ignored where there are no replies. */
  readonly accepts: 'all' | readonly string[]
}

const BASIC = ['chat_message', 'typing_indicator', 'read_receipt', 'ping', 'auth']

export const CAPABILITIES = {
  0: {
    replies: false,
    session: false,
    clientIds: false,
    sequence: false,
    positions: false,
    accepts: BASIC,
  },
  1: { replies: true, session: true, clientIds: true, sequence: false, positions: false, accepts: 'all' },
  2: { replies: true, session: true, clientIds: true, sequence: true, positions: false, accepts: 'all' },
  3: { replies: true, session: true, clientIds: true, sequence: true, positions: true, accepts: 'all' },
} as const satisfies Record<ChatLevel, Capabilities>

export const serves = (capabilities: Capabilities, type: string): boolean => {
  if (type === 'sync') return capabilities.sequence
  return capabilities.accepts === 'all' || capabilities.accepts.includes(type)
}
