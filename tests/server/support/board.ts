/** A domain that is no chat: cards on boards, each in a column. */
import * as z from 'zod'
import { createLiveServer } from '../../../src/server/createLiveServer.ts'
import type { LiveServerOptions, LiveUser } from '../../../src/server/options.ts'
import { RequestError } from '../../../src/server/requestError.ts'
import type { Store } from '../../../src/server/store.ts'
import { defineProtocol } from '../../../src/transport/protocol.ts'

export const Card = z.object({ id: z.string(), column: z.string(), moves: z.number() })
export type Card = z.infer<typeof Card>

export const boardProtocol = defineProtocol({
  events: { card_moved: Card },
  requests: {
    get_cards: {
      params: z.object({ board: z.string() }),
      result: z.looseObject({ cards: z.array(Card) }),
    },
    move_card: {
      params: z.object({
        board: z.string(),
        id: z.string(),
        column: z.string(),
        client_id: z.string().optional(),
      }),
      result: z.object({ card: Card }),
    },
    whoami: { params: z.object({}), result: z.object({ name: z.string() }) },
  },
  channels: { key: 'board', subscribe: 'subscribe_board', unsubscribe: 'unsubscribe_board', field: 'boards' },
})

/** What the domain needs of a database. */
export interface Cards {
  get(board: string, id: string): Card | undefined
  all(board: string): Card[]
  put(board: string, card: Card): void
}

export interface BoardOptions<Tx>
  extends Partial<Omit<LiveServerOptions<typeof boardProtocol, Tx, LiveUser>, 'protocol' | 'store'>> {
  readonly store: Store<Tx>
  readonly cards: (tx: Tx) => Cards
  /** Who may not see which board, as `user/board`. */
  readonly barred?: ReadonlySet<string>
}

export function boardServer<Tx>({ store, cards, barred, ...options }: BoardOptions<Tx>) {
  return createLiveServer({
    protocol: boardProtocol,
    store,
    authenticate: (token): LiveUser | null | 'malformed' | 'expired' => {
      if (token === 'malformed' || token === 'expired') return token
      return token === undefined || token === 'nobody' ? null : { id: token, username: token }
    },
    channels: { board: ({ user, key }) => key !== 'secret' && !barred?.has(`${user.id}/${key}`) },
    requests: {
      get_cards: ({ key, read }) => read((tx) => ({ cards: cards(tx).all(key) })),
      move_card: ({ data, key, transaction, publish }) =>
        transaction((tx) => {
          if (data.column === 'nowhere') throw new RequestError('not_found', 'No such column')
          const before = cards(tx).get(key, data.id)
          const card = { id: data.id, column: data.column, moves: (before?.moves ?? 0) + 1 }
          cards(tx).put(key, card)
          publish('card_moved', card)
          return { card }
        }),
      whoami: ({ user }) => ({ name: user.username }),
    },
    ...options,
  })
}
