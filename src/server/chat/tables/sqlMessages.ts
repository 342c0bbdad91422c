/** Messages, whom they mention, and reactions to them, in SQL. */
import { after } from '../steps.ts'
import {
  type ChatTables,
  type Key,
  MAX_NAMED,
  type MessageRow,
  type ReactionCount,
  type ReactionRow,
} from './chatTables.ts'
import type { Sql, SqlRow } from './sqlDriver.ts'

const MESSAGE =
  'e.room, e.place, e.own_place, e.id, e.sender, e.client_id, e.is_deleted, e.version, e.seq, e.body'

const readMessage = (row: SqlRow): MessageRow => ({
  room: String(row.room),
  place: Number(row.place),
  ownPlace: Number(row.own_place),
  key: String(row.id),
  sender: String(row.sender),
  ...(row.client_id === null ? {} : { clientId: String(row.client_id) }),
  isDeleted: Number(row.is_deleted) === 1,
  version: Number(row.version),
  seq: Number(row.seq),
  body: JSON.parse(String(row.body)) as MessageRow['body'],
})

const messageWhere = (condition: string) =>
  `SELECT ${MESSAGE} FROM querywire_chat_messages AS e WHERE e.room = $1 AND ${condition}`

export const sqlMessages = (sql: Sql) => ({ ...messages(sql), ...mentions(sql), ...reactions(sql) })

const messages = ({ rows, run, first, count, dialect }: Sql) =>
  ({
    message: (room, place) => first(messageWhere('e.place = $2'), [room, place], readMessage),
    messageNamed: (room, key) => first(messageWhere('e.id = $2'), [room, key], readMessage),
    messageSent: (room, sender, clientId) =>
      first(messageWhere('e.sender = $2 AND e.client_id = $3'), [room, sender, clientId], readMessage),
    countSent: (room, sender) =>
      count(
        `SELECT coalesce(max(own_place), 0) AS count FROM querywire_chat_messages WHERE room = $1 AND sender = $2`,
        [room, sender],
      ),
    page: (room, { from, direction, limit }) => {
      const isOlder = direction === 'older'
      const next = `e.is_deleted = 0 AND e.place ${isOlder ? '<' : '>'} $2 ORDER BY e.place ${isOlder ? 'DESC' : 'ASC'}`
      return rows(messageWhere(`${next} LIMIT $3`), [room, from, limit], readMessage)
    },
    lastMessages: (rooms) =>
      rows(
        `SELECT ${MESSAGE} FROM querywire_chat_rooms AS r
          JOIN querywire_chat_messages AS e ON e.room = r.id AND e.place = (
            SELECT l.place FROM querywire_chat_messages AS l
            WHERE l.room = r.id AND l.is_deleted = 0 ORDER BY l.place DESC LIMIT 1
          )
          WHERE r.id IN (${dialect.texts('$1')})`,
        [JSON.stringify(rooms)],
        readMessage,
      ),
    putMessage: (row) =>
      run(
        `INSERT INTO querywire_chat_messages
          (room, place, own_place, id, sender, client_id, is_deleted, version, seq, body)
          VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
          ON CONFLICT (room, place) DO UPDATE SET is_deleted = excluded.is_deleted, version = excluded.version,
            body = excluded.body`,
        [
          row.room,
          row.place,
          row.ownPlace,
          row.key,
          row.sender,
          row.clientId ?? null,
          row.isDeleted ? 1 : 0,
          row.version,
          row.seq,
          JSON.stringify(row.body),
        ],
      ),
  }) satisfies Partial<ChatTables>

const mentions = ({ run, dialect }: Sql) => {
  const forget = 'DELETE FROM querywire_chat_mentions WHERE room = $1 AND place = $2'
  const keep = `INSERT INTO querywire_chat_mentions (room, place, user_id)
    SELECT m.room, CAST($2 AS bigint), m.user_id FROM querywire_chat_members AS m
    WHERE m.room = $1 AND m.user_id IN (${dialect.texts('$3')})`
  return {
    setMentions: (room, place, users) =>
      after(run(forget, [room, place]), () =>
        users.length > 0 ? run(keep, [room, place, JSON.stringify(users)]) : undefined,
      ),
  } satisfies Partial<ChatTables>
}

const readReaction = (row: SqlRow): ReactionRow => ({
  room: String(row.room),
  place: Number(row.place),
  name: String(row.name),
  user: String(row.user_id),
  since: Number(row.since),
})

/** Rows of one user each, those of one reaction in a row. */
function countsIn(rows: readonly SqlRow[]): ReactionCount[] {
  const counts: (ReactionCount & { readonly users: Key[] })[] = []
  for (const row of rows) {
    const [place, name, user] = [Number(row.place), String(row.name), String(row.user_id)]
    const last = counts.at(-1)
    if (last?.place === place && last.name === name) last.users.push(user)
    else counts.push({ place, name, count: Number(row.count), me: Number(row.me) > 0, users: [user] })
  }
  return counts
}

const reactions = ({ rows, run, dialect }: Sql) =>
  ({
    reactions: (room, place) =>
      rows(
        `SELECT room, place, name, user_id, since FROM querywire_chat_reactions
          WHERE room = $1 AND place = $2 ORDER BY since`,
        [room, place],
        readReaction,
      ),
    countedReactions: (room, places, viewer) =>
      after(
        run(
          `SELECT place, name, user_id, count, me FROM (
            SELECT place, name, user_id, since, count(*) OVER (PARTITION BY place, name) AS count,
              sum(CASE WHEN user_id = $3 THEN 1 ELSE 0 END) OVER (PARTITION BY place, name) AS me,
              row_number() OVER (PARTITION BY place, name ORDER BY user_id ${dialect.byBytes}) AS number
            FROM querywire_chat_reactions WHERE room = $1 AND place IN (${dialect.integers('$2')})
          ) AS r WHERE number <= ${MAX_NAMED} ORDER BY place, since, name, number`,
          [room, JSON.stringify(places), viewer],
        ),
        countsIn,
      ),
    addReaction: ({ room, place, name, user, since }) =>
      run(
        `INSERT INTO querywire_chat_reactions (room, place, name, user_id, since)
          VALUES ($1, $2, $3, $4, $5)`,
        [room, place, name, user, since],
      ),
    removeReaction: ({ room, place, name, user }) =>
      run(
        `DELETE FROM querywire_chat_reactions WHERE room = $1 AND place = $2 AND name = $3 AND user_id = $4`,
        [room, place, name, user],
      ),
    clearReactions: (room, place) =>
      run('DELETE FROM querywire_chat_reactions WHERE room = $1 AND place = $2', [room, place]),
  }) satisfies Partial<ChatTables>
