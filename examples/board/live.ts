/** The cards of a board as they are, and how to change them. */
import { createLive, createWebSocketManager, type, upsert } from '../../src/index.ts'
import { Card, protocol } from './protocol.ts'

const search = new URLSearchParams(location.search)
const url: string = import.meta.env.VITE_BOARD_URL ?? 'ws://127.0.0.1:9001'
const tokenManager = { getAccessToken: () => search.get('user') ?? 'somebody' }
const manager = createWebSocketManager({ url, endpoint: '/ws/', protocol, tokenManager })
export const live = createLive({ manager })
export type Change = Pick<Card, 'id'> & Partial<Card>
export const here = { board: search.get('board') ?? 'main' }
const board = { params: type<typeof here>(), channel: ({ board }: typeof here) => ({ board }) }

export const cards = live.list('cards', {
  ...board,
  item: Card,
  id: (card) => card.id,
  sort: (a, b) => a.since - b.since,
  snapshot: 'get_cards',
  events: { card_put: upsert((card) => card) },
})
export const putCard = live.mutation<Change, unknown, typeof here>('put', {
  ...board,
  optimistic: (change, { params }) => [
    Card.safeParse(change).success ? cards.insert(params, change as Card) : cards.patch(params, change),
  ],
  request: (change, { params, clientId, request }) =>
    request('put_card', { ...params, change, client_id: clientId }),
  settle: (card, _change, params) => [cards.upsert(params, card as Card)],
})

type Column = Card['column']
export const moved = (id: string, column: Column) => ({ id, column, since: Date.now() })
export const added = (title: string, column: Column) => ({ ...moved(crypto.randomUUID(), column), title })
