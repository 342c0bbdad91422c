/** A board in a SQLite file, behind a real socket. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SqliteHandle } from '../../../src/server/node/optionalTypes.ts'
import { sqliteStore } from '../../../src/server/stores/sqliteStore.ts'
import { type BoardOptions, boardServer, type Card, type Cards } from './board.ts'

const TABLE = `CREATE TABLE IF NOT EXISTS cards (
  board TEXT NOT NULL, id TEXT NOT NULL, card TEXT NOT NULL, PRIMARY KEY (board, id))`

const cardIn = (row: Record<string, unknown>): Card => JSON.parse(String(row.card))

const sqliteCards = (tx: SqliteHandle): Cards => ({
  get: (board, id) => {
    const row = tx.prepare('SELECT card FROM cards WHERE board = ? AND id = ?').get(board, id)
    return row && cardIn(row)
  },
  all: (board) => tx.prepare('SELECT card FROM cards WHERE board = ? ORDER BY id').all(board).map(cardIn),
  put: (board, card) => {
    tx.prepare('INSERT OR REPLACE INTO cards VALUES (?, ?, ?)').run(board, card.id, JSON.stringify(card))
  },
})

/** A process: its own connections to the file, and a port; port 0 picks a free one. */
export async function startBoard(
  file: string,
  { port = 0, ...options }: Partial<BoardOptions<SqliteHandle>> & { readonly port?: number } = {},
) {
  const store = sqliteStore(file)
  const http = createServer()
  const live = boardServer({ store, cards: sqliteCards, ...options })
  await live.transaction(({ tx }) => tx.exec(TABLE))
  void live.attach(http)
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve))
  const at = (http.address() as AddressInfo).port
  return {
    live,
    http,
    port: at,
    url: `ws://127.0.0.1:${at}`,
    stop: async (graceMs = 0) => {
      await live.close({ graceMs })
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
      await store.close()
    },
  }
}
