/** Rooms and members in SQL. */
import type { ChatTables, CountedMember, MemberRow, RoomRow } from './chatTables.ts'
import type { Sql, SqlRow } from './sqlDriver.ts'

const ROOM = 'r.id, r.version, r.member_count, r.message_count, r.active_at, r.body'

const readRoom = (row: SqlRow): RoomRow => ({
  key: String(row.id),
  version: Number(row.version),
  memberCount: Number(row.member_count),
  messageCount: Number(row.message_count),
  activeAt: String(row.active_at),
  body: JSON.parse(String(row.body)) as RoomRow['body'],
})

export const sqlRooms = ({ rows, run, first, count, dialect }: Sql) =>
  ({
    room: (key) => first(`SELECT ${ROOM} FROM querywire_chat_rooms AS r WHERE r.id = $1`, [key], readRoom),
    putRoom: ({ key, version, memberCount, messageCount, activeAt, body }) =>
      run(
        `INSERT INTO querywire_chat_rooms (id, version, member_count, message_count, active_at, body)
          VALUES ($1, $2, $3, $4, $5, $6)
          ON CONFLICT (id) DO UPDATE SET version = excluded.version, member_count = excluded.member_count,
            message_count = excluded.message_count, active_at = excluded.active_at, body = excluded.body`,
        [key, version, memberCount, messageCount, activeAt, JSON.stringify(body)],
      ),
    roomFor: (purpose) =>
      first('SELECT room FROM querywire_chat_rooms_for WHERE purpose = $1', [purpose], (row) =>
        String(row.room),
      ),
    putRoomFor: (purpose, room) =>
      run('INSERT INTO querywire_chat_rooms_for (purpose, room) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
        purpose,
        room,
      ]),
    roomsOf: (user, { after, limit }) => {
      const [activeAt, id] = [`r.active_at ${dialect.byBytes}`, `r.id ${dialect.byBytes}`]
      const behind = after ? `AND (${activeAt}, ${id}) < ($3, $4)` : ''
      return rows(
        `SELECT ${ROOM} FROM querywire_chat_members AS m JOIN querywire_chat_rooms AS r ON r.id = m.room
          WHERE m.user_id = $1 ${behind} ORDER BY ${activeAt} DESC, ${id} DESC LIMIT $2`,
        [user, limit, ...(after ? [after.activeAt, after.key] : [])],
        readRoom,
      )
    },
    countRoomsOf: (user) =>
      count('SELECT count(*) AS count FROM querywire_chat_members WHERE user_id = $1', [user]),
  }) satisfies Partial<ChatTables>

const MEMBER = 'm.room, m.user_id, m.place, m.version, m.read_place, m.body'

const readMember = (row: SqlRow): MemberRow => ({
  room: String(row.room),
  user: String(row.user_id),
  place: Number(row.place),
  version: Number(row.version),
  readPlace: Number(row.read_place),
  body: JSON.parse(String(row.body)) as MemberRow['body'],
})

const readCounted = (row: SqlRow): CountedMember => ({
  ...readMember(row),
  unread: Number(row.unread),
  mentions: Number(row.mentions),
})

/** The last of one's own messages that says its place among them. */
const own = (condition: string) => `coalesce((
    SELECT o.own_place FROM querywire_chat_messages AS o
    WHERE o.room = m.room AND o.sender = m.user_id ${condition} ORDER BY o.place DESC LIMIT 1
  ), 0)`

/** All after the pointer, without one's own, without those of others that were deleted. */
const COUNTS = `
  r.message_count - m.read_place - (${own('')} - ${own('AND o.place <= m.read_place')}) - (
    SELECT count(*) FROM querywire_chat_messages AS d
    WHERE d.room = m.room AND d.is_deleted = 1 AND d.place > m.read_place AND d.sender <> m.user_id
  ) AS unread, (
    SELECT count(*) FROM querywire_chat_mentions AS t
    WHERE t.room = m.room AND t.user_id = m.user_id AND t.place > m.read_place
  ) AS mentions`

export const sqlMembers = ({ rows, run, first, dialect }: Sql) =>
  ({
    member: (room, user) =>
      first(
        `SELECT ${MEMBER} FROM querywire_chat_members AS m WHERE m.room = $1 AND m.user_id = $2`,
        [room, user],
        readMember,
      ),
    members: (room) =>
      rows(
        `SELECT ${MEMBER} FROM querywire_chat_members AS m WHERE m.room = $1 ORDER BY m.place`,
        [room],
        readMember,
      ),
    membersIn: (keys) =>
      rows(
        `SELECT room, user_id FROM querywire_chat_members WHERE room IN (${dialect.texts('$1')})`,
        [JSON.stringify(keys)],
        (row) => ({ room: String(row.room), user: String(row.user_id) }),
      ),
    putMember: ({ room, user, place, version, readPlace, body }) =>
      run(
        `INSERT INTO querywire_chat_members (room, user_id, place, version, read_place, body)
          VALUES ($1, $2, $3, $4, $5, $6)
          ON CONFLICT (room, user_id) DO UPDATE SET place = excluded.place, version = excluded.version,
            read_place = excluded.read_place, body = excluded.body`,
        [room, user, place, version, readPlace, JSON.stringify(body)],
      ),
    removeMember: (room, user) =>
      run('DELETE FROM querywire_chat_members WHERE room = $1 AND user_id = $2', [room, user]),
    countedMembers: (rooms, users) =>
      rows(
        `SELECT ${MEMBER}, ${COUNTS} FROM querywire_chat_members AS m
          JOIN querywire_chat_rooms AS r ON r.id = m.room
          WHERE m.room IN (${dialect.texts('$1')}) AND m.user_id IN (${dialect.texts('$2')})`,
        [JSON.stringify(rooms), JSON.stringify(users)],
        readCounted,
      ),
    membersCalled: (room, called) =>
      rows(
        `SELECT u.id FROM querywire_chat_users AS u
          JOIN querywire_chat_members AS m ON m.user_id = u.id AND m.room = $1
          WHERE u.called IN (${dialect.texts('$2')})`,
        [room, JSON.stringify(called)],
        (row) => String(row.id),
      ),
  }) satisfies Partial<ChatTables>
