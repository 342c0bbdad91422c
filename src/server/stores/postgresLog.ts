/** The log and the answers as tables of PostgreSQL. Every function is one statement, or two that read. */
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

/** What runs statements: a client of `pg`, or its pool. */
export interface PostgresQueries {
  query(text: string, values?: unknown[]): Promise<{ readonly command: string; readonly rows: unknown[] }>
}

/** Two processes that make tables at once would fail at each other. The number is any that nobody else uses. */
export const ALONE = 'SELECT pg_advisory_xact_lock(7236519384012)'

// An answer's name is as long as its sender likes, and what is longer than 2 700 bytes has no index: so its hash is kept.
export const SCHEMA = `
  CREATE TABLE querywire_meta (name text PRIMARY KEY, value text NOT NULL);
  CREATE TABLE querywire_heads (channel text PRIMARY KEY, seq bigint NOT NULL);
  CREATE TABLE querywire_log (
    channel text NOT NULL, seq bigint NOT NULL, event text NOT NULL, PRIMARY KEY (channel, seq)
  );
  CREATE TABLE querywire_replies (
    place bigint GENERATED ALWAYS AS IDENTITY, user_id text NOT NULL, id bytea NOT NULL, reply text NOT NULL,
    PRIMARY KEY (user_id, id)
  );
  CREATE INDEX querywire_replies_in_order ON querywire_replies (user_id, place);
`

const HEADS = `
  SELECT asked.channel, coalesce(heads.seq, 0) AS seq, meta.value AS epoch
  FROM unnest($1::text[]) AS asked (channel)
  JOIN querywire_meta AS meta ON meta.name = 'epoch'
  LEFT JOIN querywire_heads AS heads ON heads.channel = asked.channel`
const SINCE = `
  SELECT log.channel, log.seq, log.event
  FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS asked (channel, after, upto)
  JOIN querywire_log AS log ON log.channel = asked.channel AND log.seq > asked.after AND log.seq <= asked.upto
  ORDER BY log.channel, log.seq`
const BEFORE = `
  SELECT value AS epoch, (
    SELECT reply FROM querywire_replies WHERE user_id = $1 AND id = sha256(convert_to($2, 'UTF8'))
  ) AS reply
  FROM querywire_meta WHERE name = 'epoch'`
/** The row of the head stays locked until the transaction ends: whoever is next waits for this number. */
const APPEND = `
  WITH head AS (
    INSERT INTO querywire_heads AS heads (channel, seq) VALUES ($1, 1)
    ON CONFLICT (channel) DO UPDATE SET seq = heads.seq + 1 RETURNING seq
  ), kept AS (
    INSERT INTO querywire_log (channel, seq, event) SELECT $1, seq, $2 FROM head
  ), forgotten AS (
    DELETE FROM querywire_log AS log USING head WHERE log.channel = $1 AND log.seq <= head.seq - $3::bigint
  )
  SELECT seq FROM head`
const TAKE = `
  INSERT INTO querywire_heads AS heads (channel, seq) VALUES ($1, 1)
  ON CONFLICT (channel) DO UPDATE SET seq = heads.seq + 1 RETURNING seq`
const KEEP = `
  WITH kept AS (INSERT INTO querywire_log (channel, seq, event) VALUES ($1, $2::bigint, $3))
  DELETE FROM querywire_log WHERE channel = $1 AND seq <= $2::bigint - $4::bigint`
/** A statement does not see its own row: one fewer of the others stays. */
const KEEP_REPLY = `
  WITH kept AS (
    INSERT INTO querywire_replies (user_id, id, reply) VALUES ($1, sha256(convert_to($2, 'UTF8')), $3)
    ON CONFLICT (user_id, id) DO NOTHING
  )
  DELETE FROM querywire_replies WHERE user_id = $1 AND place <= (
    SELECT place FROM querywire_replies WHERE user_id = $1 ORDER BY place DESC OFFSET greatest($4::int - 1, 0) LIMIT 1
  )`

export async function headsIn(on: PostgresQueries, channels: readonly string[]): Promise<Map<string, Head>> {
  const rows = await rowsOf(on, HEADS, [channels])
  const found = new Map(rows.map((row) => [row.channel, { seq: Number(row.seq), epoch: String(row.epoch) }]))
  const heads = new Map<string, Head>()
  for (const channel of channels) {
    const head = found.get(channel)
    if (!head) throw new Error('The table querywire_meta has no epoch: call migrate() of the store')
    heads.set(channel, head)
  }
  return heads
}

/**
 * Two reads, and of one moment all the same: a log only grows behind the heads that were read, and where it was cut
 * meanwhile the count does not fit.
 */
export async function missedIn(
  on: PostgresQueries,
  positions: ReadonlyMap<string, Partial<Head>>,
  limits: { readonly tail: number; readonly maxEvents: number },
): Promise<Map<string, Missed>> {
  const heads = await headsIn(on, [...positions.keys()])
  const wanted = wantedOf(positions, heads, limits)
  return missedOf(heads, wanted, await eventsAfter(on, wanted, heads))
}

async function eventsAfter(
  on: PostgresQueries,
  wanted: readonly Wanted[],
  heads: ReadonlyMap<string, Head>,
): Promise<Map<string, LoggedEvent[]>> {
  const events = new Map<string, LoggedEvent[]>()
  const moved = wanted.filter(({ channel, after }) => after !== heads.get(channel)?.seq)
  if (moved.length === 0) return events
  const rows = await rowsOf(on, SINCE, [
    moved.map(({ channel }) => channel),
    moved.map(({ after }) => after),
    moved.map(({ channel }) => heads.get(channel)?.seq),
  ])
  for (const row of rows) {
    const channel = String(row.channel)
    const list = events.get(channel) ?? []
    events.set(channel, list)
    const epoch = String(heads.get(channel)?.epoch)
    list.push({ channel, seq: Number(row.seq), epoch, event: String(row.event) })
  }
  return events
}

/** The epoch, and what was answered before. The first statement of a transaction: from here on it sees this moment. */
export async function beforeIn(on: PostgresQueries, once: Once | undefined) {
  const [row] = await rowsOf(on, BEFORE, [once?.user ?? null, once?.id ?? null])
  if (!row) throw new Error('The table querywire_meta has no epoch: call migrate() of the store')
  return { epoch: String(row.epoch), reply: row.reply === null ? undefined : String(row.reply) }
}

interface Appending {
  readonly channel: string
  readonly event: EventText
  readonly epoch: string
  readonly tail: number
}

/** One statement where the text is there, else two: the number first. */
export async function appendTo(
  on: PostgresQueries,
  { channel, event, epoch, tail }: Appending,
): Promise<LoggedEvent> {
  const isText = typeof event === 'string'
  const [row] = await rowsOf(on, isText ? APPEND : TAKE, isText ? [channel, event, tail] : [channel])
  const head = { seq: Number(row?.seq), epoch }
  const text = writtenAt(event, head)
  if (!isText) await on.query(KEEP, [channel, head.seq, text, tail])
  return { ...head, channel, event: text }
}

export async function keepReply(
  on: PostgresQueries,
  { user, id, reply }: Once & { readonly reply: string },
  { repliesPerUser }: Required<StoreLimits>,
): Promise<void> {
  await on.query(KEEP_REPLY, [user, id, reply, repliesPerUser])
}

async function rowsOf(on: PostgresQueries, text: string, values: unknown[]) {
  const { rows } = await on.query(text, values)
  return rows as Record<string, unknown>[]
}
