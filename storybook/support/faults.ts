/** What is wrong in a story, and stays so for as long as one looks: `parameters: { fault: 'offline' }`. */
import type { ChatServer } from '../../src/testing/index.ts'

export interface Wrong {
  /** Something has to be there before it can be missed: it begins when everything is loaded that is shown. @default 'start' */
  readonly begins?: 'start' | 'loaded'
  /** Nobody is connected while it lasts. Attempts to get there take as long as they do, so that one can read of them. */
  readonly isOutage?: boolean
  /** No attempt gets as far as the server. */
  readonly hasNoNetwork?: boolean
  readonly happen: (server: ChatServer) => void
}

/** More often than anybody tries. */
const ALWAYS = 1_000

const refusing =
  (type: string) =>
  ({ faults }: ChatServer) =>
    faults.rejectNext(type, {
      code: 'forbidden',
      message: 'Closed for the night',
      retryable: false,
      times: ALWAYS,
    })

const FAULTS = {
  /** Nobody has ever got a connection. */
  unreachable: { isOutage: true, hasNoNetwork: true, happen: () => {} },
  /** The connection is lost, and does not come back. */
  offline: {
    begins: 'loaded',
    isOutage: true,
    hasNoNetwork: true,
    happen: ({ faults }) => faults.disconnectAll(),
  },
  /** The server has closed the connection for good. */
  closed: {
    begins: 'loaded',
    isOutage: true,
    happen: ({ faults }) => {
      faults.refuseNext(4003, ALWAYS)
      faults.disconnectAll()
    },
  },
  /** An event is lost, the next one comes, and what is asked for because of that gets no answer. */
  gap: {
    begins: 'loaded',
    happen: (server) => {
      const { faults } = server
      const [room] = server.state().rooms
      if (!room) throw new Error('The fault "gap" needs a room')
      faults.drop = 1
      faults.includeReplies = true
      server.inject(room.id, { sender: 'bob', content: 'Lost on the way' })
      faults.drop = 0
      server.inject(room.id, { sender: 'bob', content: 'Anybody?' })
      faults.drop = 1
    },
  },
  'messages refused': { happen: refusing('chat_message') },
  'reactions refused': { happen: refusing('add_reaction') },
  'edits refused': { happen: refusing('edit_message') },
  'rooms refused': { happen: refusing('get_rooms') },
  /** Six tenths of a second for everything. */
  slow: { happen: ({ faults }) => Object.assign(faults, { latencyMs: 600 }) },
  /** Every fifth event is lost, every fifth comes twice, every fifth too late. */
  unreliable: { happen: ({ faults }) => Object.assign(faults, { drop: 0.2, duplicate: 0.2, reorder: 0.2 }) },
} as const satisfies Record<string, Wrong>

export type Fault = keyof typeof FAULTS

export const wrongOf = (fault: Fault): Wrong => {
  const wrong: Wrong | undefined = FAULTS[fault]
  if (wrong) return wrong
  throw new Error(`There is no fault "${fault}". One of these: ${Object.keys(FAULTS).join(', ')}`)
}
