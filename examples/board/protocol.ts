/** What travels between the pages of a board and its server; both are typed and checked by it. */
import * as z from 'zod'
import { defineProtocol } from '../../src/transport/protocol.ts'

export const COLUMNS = ['To do', 'Doing', 'Done'] as const
/** `since`: when it came to its column, where the cards are in that order. */
export const Card = z.object({
  id: z.string().max(64),
  title: z.string().min(1).max(200),
  column: z.enum(COLUMNS),
  since: z.number(),
})
export type Card = z.infer<typeof Card>

/** All of a new card; of another one only what changes, so that it can be moved and renamed at once. */
const change = Card.partial().required({ id: true })
export const protocol = defineProtocol({
  events: { card_put: Card },
  requests: {
    get_cards: { params: z.object({ board: z.string() }), result: z.looseObject({ cards: z.array(Card) }) },
    put_card: { params: z.object({ board: z.string(), client_id: z.string(), change }), result: Card },
  },
  channels: { key: 'board', subscribe: 'subscribe_board', unsubscribe: 'unsubscribe_board', field: 'boards' },
})
