/** What the processes that are killed keep, and what their clients say: lines of a ledger, which nothing makes unique. */
import * as z from 'zod'
import { defineProtocol } from '../../../src/transport/protocol.ts'

/** Its writer's `n`th. */
export const Entry = z.object({ writer: z.string(), n: z.number() })
export type Entry = z.infer<typeof Entry>

export const LEDGER = 'l'
export const CHANNEL = `ledger/${LEDGER}`
/** All of a run can be caught up. */
export const LIMITS = { tail: 1_000_000 }

export const protocol = defineProtocol({
  events: { written: Entry },
  requests: {
    get_entries: {
      params: z.object({ ledger: z.string() }),
      result: z.looseObject({ entries: z.array(Entry) }),
    },
    write: {
      params: z.object({ ledger: z.string(), ...Entry.shape, client_id: z.string().optional() }),
      // A number that no other line has.
      result: z.object({ place: z.number() }),
    },
  },
  channels: {
    key: 'ledger',
    subscribe: 'subscribe_ledger',
    unsubscribe: 'unsubscribe_ledger',
    field: 'ledgers',
  },
})
