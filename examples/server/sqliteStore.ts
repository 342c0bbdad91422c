/**
 * Keeps the chat server's state in one SQLite file. Rows hold what the server hands over as JSON, next to the columns
 * that find and order them: the file knows nothing of chat.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { MemberRecord, MessageRecord, RoomRecord, UserRecord } from '../../src/testing/server/records.ts'
import type { ChatStore, StoreChange, StoredChat, StoredRoom } from '../../src/testing/server/store.ts'

export interface SqliteStore extends ChatStore {
  close(): void
}

// WAL with `synchronous = NORMAL` survives a killed process; only a power cut can take the last turns with it. Whoever else
// has the file locked is waited for a moment: everybody waits meanwhile.
const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA busy_timeout = 250;
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS users (id TEXT PRIMARY KEY, body TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS rooms (id TEXT PRIMARY KEY, body TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS members (
    room_id TEXT NOT NULL, user_id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (room_id, user_id)
  );
  CREATE TABLE IF NOT EXISTS messages (
    id TEXT PRIMARY KEY, room_id TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS messages_in_order ON messages (room_id, seq);
`

/**
 * Opens the file, or creates it. `':memory:'` keeps it for as long as the process lives.
 *
 * @throws where it cannot be written, or another server has it open
 */
export function openSqliteStore(file: string): SqliteStore {
  const lock = lockFile(file)
  const database = new DatabaseSync(file)
  database.exec(SCHEMA)
  const apply = createApply(database)
  return {
    load: () => load(database),
    write: (changes) => {
      database.exec('BEGIN IMMEDIATE')
      try {
        for (const change of changes) apply(change)
        database.exec('COMMIT')
      } catch (error) {
        // A full disk has ended the transaction already.
        if (database.isTransaction) database.exec('ROLLBACK')
        throw error
      }
    },
    close: () => {
      database.close()
      lock.close()
    },
  }
}

const BUSY = 5

/**
 * Two servers on one file would give the same ids to different messages, and each write over the other's. The lock ends with
 * the process, however it ends; one that is just ending is waited for.
 */
function lockFile(file: string): DatabaseSync {
  const lock = new DatabaseSync(file === ':memory:' ? file : `${file}.lock`, { timeout: 2_000 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    if ((error as { errcode?: number }).errcode !== BUSY) throw error
    throw new Error('another server has it open; end that one, or set DEMO_DB to another file', {
      cause: error,
    })
  }
}

function createApply(database: DatabaseSync): (change: StoreChange) => void {
  // Not INSERT OR REPLACE: that deletes the old row, and what is read back would come in another order.
  const upsert = (into: string, values: string, key: string) =>
    database.prepare(
      `INSERT INTO ${into} VALUES (${values}) ON CONFLICT (${key}) DO UPDATE SET body = excluded.body`,
    )
  const put = {
    meta: database.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?)'),
    user: upsert('users', '?, ?', 'id'),
    room: upsert('rooms', '?, ?', 'id'),
    member: upsert('members', '?, ?, ?', 'room_id, user_id'),
    message: upsert('messages', '?, ?, ?, ?', 'id'),
    noMember: database.prepare('DELETE FROM members WHERE room_id = ? AND user_id = ?'),
  } satisfies Record<string, StatementSync>
  return (change) => {
    switch (change.type) {
      case 'epoch':
        return put.meta.run('epoch', change.epoch)
      case 'user':
        return put.user.run(String(change.user.id), JSON.stringify(change.user))
      case 'room':
        return put.room.run(String(change.room.id), JSON.stringify(change.room))
      case 'member':
        return put.member.run(String(change.roomId), change.member.userKey, JSON.stringify(change.member))
      case 'member_removed':
        return put.noMember.run(String(change.roomId), change.userKey)
      case 'message': {
        const { id, roomId, seq } = change.message
        return put.message.run(String(id), String(roomId), seq, JSON.stringify(change.message))
      }
    }
  }
}

function load(database: DatabaseSync): StoredChat | undefined {
  const epoch = database.prepare("SELECT value FROM meta WHERE name = 'epoch'").get()?.value
  if (typeof epoch !== 'string') return undefined
  const members = bodiesByRoom<MemberRecord>(database, 'SELECT room_id, body FROM members ORDER BY rowid')
  const messages = bodiesByRoom<MessageRecord>(
    database,
    'SELECT room_id, body FROM messages ORDER BY room_id, seq',
  )
  const rooms = database
    .prepare('SELECT body FROM rooms ORDER BY rowid')
    .all()
    .map(bodyOf<RoomRecord>)
  return {
    epoch,
    users: database
      .prepare('SELECT body FROM users ORDER BY rowid')
      .all()
      .map(bodyOf<UserRecord>),
    rooms: rooms.map((record): StoredRoom => {
      const key = String(record.id)
      return { record, members: members.get(key) ?? [], messages: messages.get(key) ?? [] }
    }),
  }
}

type Row = Readonly<Record<string, unknown>>

/** Trusted: this file wrote it. */
const bodyOf = <Body>(row: Row): Body => JSON.parse(String(row.body)) as Body

function bodiesByRoom<Body>(database: DatabaseSync, query: string): Map<string, Body[]> {
  const rooms = new Map<string, Body[]>()
  for (const row of database.prepare(query).all()) {
    const key = String(row.room_id)
    const bodies = rooms.get(key) ?? []
    bodies.push(bodyOf<Body>(row))
    rooms.set(key, bodies)
  }
  return rooms
}
