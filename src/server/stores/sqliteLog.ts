/** The log and the answers as tables. Every function is one or few statements of a transaction that others begin and end. */

import type { SqliteHandle } from '../node/optionalTypes.ts'
import {
  type EventText,
  type Head,
  type LoggedEvent,
  type Missed,
  type Once,
  type StoreLimits,
  writtenAt,
} from '../store.ts'
import { missedOf, type Wanted, wantedOf } from './missed.ts'

// Without foreign keys or triggers: these tables live beside those of the application, and need nothing of them.
export const SCHEMA = `
  CREATE TABLE IF NOT EXISTS querywire_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS querywire_heads (channel TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS querywire_log (
    channel TEXT NOT NULL, seq INTEGER NOT NULL, event TEXT NOT NULL, PRIMARY KEY (channel, seq)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS querywire_replies (
    place INTEGER PRIMARY KEY AUTOINCREMENT, user TEXT NOT NULL, id TEXT NOT NULL, reply TEXT NOT NULL, UNIQUE (user, id)
  );
  CREATE INDEX IF NOT EXISTS querywire_replies_in_order ON querywire_replies (user, place);
`

const TAKE = `
  INSERT INTO querywire_heads (channel, seq) VALUES (?, 1)
  ON CONFLICT (channel) DO UPDATE SET seq = seq + 1 RETURNING seq`
const FORGET_REPLIES = `
  DELETE FROM querywire_replies WHERE user = ? AND place <=
    (SELECT place FROM querywire_replies WHERE user = ? ORDER BY place DESC LIMIT 1 OFFSET ?)`
const SINCE = `
  SELECT log.channel AS channel, log.seq AS seq, log.event AS event
  FROM json_each(?) AS asked
  JOIN querywire_log AS log ON log.channel = asked.value ->> 'channel' AND log.seq > asked.value ->> 'after'
  ORDER BY log.channel, log.seq`

export function createSqliteLog(database: SqliteHandle, limits: Required<StoreLimits>) {
  const epochRow = database.prepare(`SELECT value FROM querywire_meta WHERE name = 'epoch'`)
  const headRows = database.prepare(
    'SELECT channel, seq FROM querywire_heads WHERE channel IN (SELECT value FROM json_each(?))',
  )
  const sinceRows = database.prepare(SINCE)
  const epoch = () => String(epochRow.get()?.value)

  const heads = (channels: readonly string[]): Map<string, Head> => {
    const now = epoch()
    const found = new Map(channels.map((channel) => [channel, { seq: 0, epoch: now }]))
    for (const { channel, seq } of headRows.all(JSON.stringify(channels)))
      found.set(String(channel), { seq: Number(seq), epoch: now })
    return found
  }

  const since = (positions: ReadonlyMap<string, Partial<Head>>, maxEvents: number): Map<string, Missed> => {
    const now = heads([...positions.keys()])
    const wanted = wantedOf(positions, now, { tail: limits.tail, maxEvents })
    return missedOf(now, wanted, eventsAfter(wanted, epoch()))
  }

  const eventsAfter = (wanted: readonly Wanted[], ofEpoch: string): Map<string, LoggedEvent[]> => {
    const events = new Map<string, LoggedEvent[]>()
    for (const row of sinceRows.all(JSON.stringify(wanted))) {
      const channel = String(row.channel)
      const list = events.get(channel) ?? []
      events.set(channel, list)
      list.push({ channel, seq: Number(row.seq), epoch: ofEpoch, event: String(row.event) })
    }
    return events
  }
  return { heads, since, epoch }
}

/** What only the connection that writes does. */
export function createSqliteWriter(database: SqliteHandle, { tail, repliesPerUser }: Required<StoreLimits>) {
  const take = database.prepare(TAKE)
  const keep = database.prepare('INSERT INTO querywire_log (channel, seq, event) VALUES (?, ?, ?)')
  const forget = database.prepare('DELETE FROM querywire_log WHERE channel = ? AND seq <= ?')
  const replyRow = database.prepare('SELECT reply FROM querywire_replies WHERE user = ? AND id = ?')
  const keepReply = database.prepare('INSERT INTO querywire_replies (user, id, reply) VALUES (?, ?, ?)')
  const forgetReplies = database.prepare(FORGET_REPLIES)
  return {
    append: (channel: string, event: EventText, epoch: string): LoggedEvent => {
      const head = { seq: Number(take.get(channel)?.seq), epoch }
      const logged = { ...head, channel, event: writtenAt(event, head) }
      keep.run(channel, head.seq, logged.event)
      forget.run(channel, head.seq - tail)
      return logged
    },
    replyTo: ({ user, id }: Once): string | undefined => {
      const row = replyRow.get(user, id)
      return row && String(row.reply)
    },
    keepReply: ({ user, id }: Once, reply: string): void => {
      keepReply.run(user, id, reply)
      forgetReplies.run(user, user, repliesPerUser)
    },
  }
}
