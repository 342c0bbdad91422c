/** The chat's tables in SQL, the same in SQLite and PostgreSQL but for a few words. */

/** Where the two do not speak alike. */
export interface Dialect {
  /** The texts of a parameter that holds them as a JSON array, as rows. */
  texts(parameter: string): string
  /** Likewise of whole numbers. */
  integers(parameter: string): string
  /** By their bytes, whatever the language of the database. */
  readonly byBytes: string
}

export const SQLITE: Dialect = {
  texts: (parameter) => `SELECT value FROM json_each(${parameter})`,
  integers: (parameter) => `SELECT value FROM json_each(${parameter})`,
  byBytes: 'COLLATE BINARY',
}

export const POSTGRES: Dialect = {
  texts: (parameter) => `SELECT json_array_elements_text(${parameter}::json)`,
  integers: (parameter) => `SELECT json_array_elements_text(${parameter}::json)::bigint`,
  byBytes: 'COLLATE "C"',
}

// What people have written is kept as JSON: PostgreSQL has no NUL in a text, and JSON writes it otherwise.
export const CHAT_SCHEMA: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS querywire_chat_users (
    id text PRIMARY KEY, called text NOT NULL, body text NOT NULL
  )`,
  'CREATE INDEX IF NOT EXISTS querywire_chat_called ON querywire_chat_users (called)',
  `CREATE TABLE IF NOT EXISTS querywire_chat_rooms (
    id text PRIMARY KEY, version bigint NOT NULL, member_count bigint NOT NULL,
    message_count bigint NOT NULL, active_at text NOT NULL, body text NOT NULL
  )`,
  'CREATE TABLE IF NOT EXISTS querywire_chat_rooms_for (purpose text PRIMARY KEY, room text NOT NULL)',
  `CREATE TABLE IF NOT EXISTS querywire_chat_members (
    room text NOT NULL, user_id text NOT NULL, place bigint NOT NULL, version bigint NOT NULL,
    read_place bigint NOT NULL, body text NOT NULL, PRIMARY KEY (room, user_id)
  )`,
  'CREATE INDEX IF NOT EXISTS querywire_chat_rooms_of ON querywire_chat_members (user_id)',
  `CREATE TABLE IF NOT EXISTS querywire_chat_messages (
    room text NOT NULL, place bigint NOT NULL, own_place bigint NOT NULL, id text NOT NULL, sender text NOT NULL,
    client_id text, is_deleted integer NOT NULL, version bigint NOT NULL, seq bigint NOT NULL, body text NOT NULL,
    PRIMARY KEY (room, place), UNIQUE (room, id)
  )`,
  `CREATE UNIQUE INDEX IF NOT EXISTS querywire_chat_sent
    ON querywire_chat_messages (room, sender, client_id) WHERE client_id IS NOT NULL`,
  'CREATE INDEX IF NOT EXISTS querywire_chat_own ON querywire_chat_messages (room, sender, place, own_place)',
  `CREATE INDEX IF NOT EXISTS querywire_chat_deleted
    ON querywire_chat_messages (room, place) WHERE is_deleted = 1`,
  `CREATE TABLE IF NOT EXISTS querywire_chat_mentions (
    room text NOT NULL, user_id text NOT NULL, place bigint NOT NULL, PRIMARY KEY (room, user_id, place)
  )`,
  'CREATE INDEX IF NOT EXISTS querywire_chat_mentioned ON querywire_chat_mentions (room, place)',
  `CREATE TABLE IF NOT EXISTS querywire_chat_reactions (
    room text NOT NULL, place bigint NOT NULL, name text NOT NULL, user_id text NOT NULL, since bigint NOT NULL,
    PRIMARY KEY (room, place, name, user_id)
  )`,
  `CREATE TABLE IF NOT EXISTS querywire_chat_writings (
    room text NOT NULL, place bigint NOT NULL, process text NOT NULL, PRIMARY KEY (room, place)
  )`,
  'CREATE TABLE IF NOT EXISTS querywire_chat_processes (id text PRIMARY KEY, beats bigint NOT NULL)',
  `CREATE TABLE IF NOT EXISTS querywire_chat_present (
    user_id text NOT NULL, process text NOT NULL, PRIMARY KEY (user_id, process)
  )`,
  'CREATE INDEX IF NOT EXISTS querywire_chat_present_at ON querywire_chat_present (process)',
]
