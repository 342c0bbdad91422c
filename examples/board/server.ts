/** `node examples/board/server.ts`: boards in one SQLite file. */
import { createServer } from 'node:http'
import { createLiveServer, sqliteStore } from '../../src/server/index.ts'
import { Card, protocol } from './protocol.ts'

const { BOARD_PORT = '9001', BOARD_DB = 'board.sqlite' } = process.env
const TABLE = 'CREATE TABLE IF NOT EXISTS cards (board TEXT, id TEXT, card TEXT, PRIMARY KEY (board, id))'
const PUT = `INSERT INTO cards VALUES (?, ?, ?)
  ON CONFLICT DO UPDATE SET card = json_patch(card, excluded.card) RETURNING card`
const cardIn = (row?: Record<string, unknown>) => Card.parse(JSON.parse(String(row?.card)))

const live = createLiveServer({
  protocol,
  store: sqliteStore(BOARD_DB),
  // Whoever says who they are may do everything: check a token here, and a right below.
  authenticate: (token) => (token ? { id: token, username: token } : null),
  channels: { board: () => true },
  requests: {
    get_cards: ({ key, read }) =>
      read((tx) => ({ cards: tx.prepare('SELECT card FROM cards WHERE board = ?').all(key).map(cardIn) })),
    put_card: ({ data: { change }, key, transaction, publish }) =>
      transaction((tx) => {
        const card = cardIn(tx.prepare(PUT).get(key, change.id, JSON.stringify(change)))
        publish('card_put', card)
        return card
      }),
  },
})
await live.transaction(({ tx }) => tx.exec(TABLE))
const http = createServer()
await live.attach(http)
http.listen(Number(BOARD_PORT), '127.0.0.1', () => console.log(JSON.stringify(http.address())))
process.once('SIGTERM', () => live.close({ graceMs: 1_000 }).finally(() => process.exit()))
