/** One way to run a statement, for Node's SQLite and for PostgreSQL. */
import type { SqliteHandle } from '../../node/optionalTypes.ts'
import { ALONE, type PostgresQueries } from '../../stores/postgresLog.ts'
import { type Awaitable, after } from '../steps.ts'
import { type Dialect, POSTGRES, SQLITE } from './sqlSchema.ts'

export type SqlValue = string | number | null
export type SqlRow = Readonly<Record<string, unknown>>

export interface SqlDriver {
  readonly dialect: Dialect
  /** `$1` is the first of the values. */
  query(text: string, values?: readonly SqlValue[]): Awaitable<SqlRow[]>
  /** Runs before tables are made: two that make them at once would fail at each other. */
  readonly alone?: string
}

type Statement = ReturnType<SqliteHandle['prepare']>

const prepared = new WeakMap<object, Map<string, Statement>>()

export function sqliteDriver(database: SqliteHandle): SqlDriver {
  const statements = prepared.get(database) ?? new Map<string, Statement>()
  prepared.set(database, statements)
  const statementOf = (text: string): Statement => {
    const statement = statements.get(text) ?? database.prepare(text)
    statements.set(text, statement)
    return statement
  }
  return {
    dialect: SQLITE,
    query: (text, values = []) =>
      statementOf(text).all(Object.fromEntries(values.map((value, at) => [`$${at + 1}`, value]))) as SqlRow[],
  }
}

export const postgresDriver = (client: PostgresQueries): SqlDriver => ({
  dialect: POSTGRES,
  query: async (text, values = []) => (await client.query(text, [...values])).rows as SqlRow[],
  alone: ALONE,
})

/** Runs a statement, and makes of its rows what is asked for. */
export interface Sql {
  readonly dialect: Dialect
  readonly run: SqlDriver['query']
  rows<Row>(text: string, values: readonly SqlValue[], read: (row: SqlRow) => Row): Awaitable<Row[]>
  first<Row>(
    text: string,
    values: readonly SqlValue[],
    read: (row: SqlRow) => Row,
  ): Awaitable<Row | undefined>
  /** The statement's `count`. */
  count(text: string, values: readonly SqlValue[]): Awaitable<number>
}

export const sqlOf = ({ dialect, query }: SqlDriver): Sql => ({
  dialect,
  run: query,
  rows: (text, values, read) => after(query(text, values), (rows) => rows.map(read)),
  first: (text, values, read) => after(query(text, values), ([row]) => row && read(row)),
  count: (text, values) => after(query(text, values), ([row]) => Number(row?.count)),
})
