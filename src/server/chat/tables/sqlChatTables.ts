/** The chat in SQL: each function is a statement that an index answers. */
import { after } from '../steps.ts'
import { type ChatTables, calledOf, type Key, type UserRow, type WritingRow } from './chatTables.ts'
import { type Sql, type SqlDriver, type SqlRow, sqlOf } from './sqlDriver.ts'
import { sqlMessages } from './sqlMessages.ts'
import { sqlMembers, sqlRooms } from './sqlRooms.ts'

export function sqlChatTables(driver: SqlDriver): ChatTables {
  const sql = sqlOf(driver)
  return {
    ...sqlRooms(sql),
    ...sqlMembers(sql),
    ...sqlMessages(sql),
    ...users(sql),
    ...writings(sql),
    ...presence(sql),
  }
}

const readUser = (row: SqlRow): UserRow => ({
  key: String(row.id),
  body: JSON.parse(String(row.body)) as UserRow['body'],
})
const readKey = (row: SqlRow): Key => String(row.user_id)

const users = ({ rows, run, dialect }: Sql) =>
  ({
    users: (keys) =>
      rows(
        `SELECT id, body FROM querywire_chat_users WHERE id IN (${dialect.texts('$1')})`,
        [JSON.stringify(keys)],
        readUser,
      ),
    putUser: (row) =>
      run(
        `INSERT INTO querywire_chat_users (id, called, body) VALUES ($1, $2, $3)
          ON CONFLICT (id) DO UPDATE SET called = excluded.called, body = excluded.body`,
        [row.key, calledOf(row), JSON.stringify(row.body)],
      ),
  }) satisfies Partial<ChatTables>

const readWriting = (row: SqlRow): WritingRow => ({
  room: String(row.room),
  place: Number(row.place),
  process: String(row.process),
})

const writings = ({ rows, run }: Sql) =>
  ({
    writings: () => rows('SELECT room, place, process FROM querywire_chat_writings', [], readWriting),
    putWriting: ({ room, place, process }) =>
      run('INSERT INTO querywire_chat_writings (room, place, process) VALUES ($1, $2, $3)', [
        room,
        place,
        process,
      ]),
    removeWriting: (room, place) =>
      run('DELETE FROM querywire_chat_writings WHERE room = $1 AND place = $2', [room, place]),
  }) satisfies Partial<ChatTables>

const presence = ({ rows, run, count, dialect }: Sql) =>
  ({
    beats: () => {
      const read = (row: SqlRow) => [String(row.id), Number(row.beats)] as const
      return after(rows('SELECT id, beats FROM querywire_chat_processes', [], read), (all) => new Map(all))
    },
    beat: (process) =>
      run(
        `INSERT INTO querywire_chat_processes AS p (id, beats) VALUES ($1, 1)
          ON CONFLICT (id) DO UPDATE SET beats = p.beats + 1`,
        [process],
      ),
    setPresent: (process, user) =>
      run('INSERT INTO querywire_chat_present (user_id, process) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
        user,
        process,
      ]),
    setAbsent: (process, user) =>
      run('DELETE FROM querywire_chat_present WHERE user_id = $1 AND process = $2', [user, process]),
    dropProcess: (process) =>
      after(run('DELETE FROM querywire_chat_processes WHERE id = $1', [process]), () =>
        rows('DELETE FROM querywire_chat_present WHERE process = $1 RETURNING user_id', [process], readKey),
      ),
    present: (keys) =>
      rows(
        `SELECT DISTINCT user_id FROM querywire_chat_present WHERE user_id IN (${dialect.texts('$1')})`,
        [JSON.stringify(keys)],
        readKey,
      ),
    countPresent: (room) =>
      count(
        `SELECT count(*) AS count FROM querywire_chat_members AS m
          WHERE m.room = $1 AND EXISTS (SELECT 1 FROM querywire_chat_present AS p WHERE p.user_id = m.user_id)`,
        [room],
      ),
    presentIn: (rooms) =>
      rows(
        `SELECT id, body FROM querywire_chat_users WHERE id IN (
          SELECT m.user_id FROM querywire_chat_members AS m
          JOIN querywire_chat_present AS p ON p.user_id = m.user_id
          WHERE m.room IN (${dialect.texts('$1')})
        )`,
        [JSON.stringify(rooms)],
        readUser,
      ),
  }) satisfies Partial<ChatTables>
