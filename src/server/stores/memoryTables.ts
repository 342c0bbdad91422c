/** Tables in memory: written in place, so that a commit costs what it changes; who is still reading keeps what was there. */

/** The handle of a transaction or a read: tables of rows by id. A row is a value: set another one, do not change it. */
export interface MemoryTables {
  get<Row>(table: string, id: string): Row | undefined
  /** In the order in which they were first set. */
  all<Row>(table: string): Row[]
  set(table: string, id: string, row: unknown): void
  delete(table: string, id: string): void
}

type Rows = Map<string, unknown>

/** A read that is under way: of each table that was written since, what was there when it began. */
type Reader = Map<string, ReadonlyMap<string, unknown>>

export interface MemoryData {
  readonly tables: Map<string, Rows>
  readonly readers: Set<Reader>
}

export const createMemoryData = (): MemoryData => ({ tables: new Map(), readers: new Set() })

const readOnly = (): never => {
  throw new Error('A read writes nothing: use a transaction')
}

const NO_ROWS: ReadonlyMap<string, unknown> = new Map()

/** What is there now, until `end`. */
export function readTables({ tables, readers }: MemoryData): {
  readonly tx: MemoryTables
  readonly end: () => void
} {
  const reader: Reader = new Map()
  readers.add(reader)
  const rowsOf = (table: string) => reader.get(table) ?? tables.get(table) ?? NO_ROWS
  const tx: MemoryTables = {
    get: <Row>(table: string, id: string) => rowsOf(table).get(id) as Row | undefined,
    all: <Row>(table: string) => [...rowsOf(table).values()] as Row[],
    set: readOnly,
    delete: readOnly,
  }
  return { tx, end: () => void readers.delete(reader) }
}

/** What a transaction does to one table. */
interface Changes {
  readonly removed: Set<string>
  readonly set: Rows
}

/** What is written is there for nobody else until `apply`. */
export function writeTables(data: MemoryData): { readonly tx: MemoryTables; apply(): void } {
  const changed = new Map<string, Changes>()
  const changesOf = (table: string): Changes => {
    const changes = changed.get(table) ?? { removed: new Set(), set: new Map() }
    changed.set(table, changes)
    return changes
  }
  const tx: MemoryTables = {
    get: <Row>(table: string, id: string) => {
      const changes = changed.get(table)
      if (changes?.set.has(id)) return changes.set.get(id) as Row
      if (changes?.removed.has(id)) return undefined
      return data.tables.get(table)?.get(id) as Row | undefined
    },
    all: <Row>(table: string) => [...rowsWith(data.tables.get(table), changed.get(table)).values()] as Row[],
    set: (table, id, row) => void changesOf(table).set.set(id, row),
    delete: (table, id) => {
      const { removed, set } = changesOf(table)
      set.delete(id)
      removed.add(id)
    },
  }
  return {
    tx,
    apply: () => {
      for (const [table, changes] of changed) applyTo(data, table, changes)
    },
  }
}

function rowsWith(before: Rows | undefined, changes: Changes | undefined): Rows {
  const rows: Rows = new Map(before)
  if (changes) change(rows, changes)
  return rows
}

/** A row that was removed and set again is the last one. */
function change(rows: Rows, { removed, set }: Changes): void {
  for (const id of removed) rows.delete(id)
  for (const [id, row] of set) rows.set(id, row)
}

function applyTo({ tables, readers }: MemoryData, table: string, changes: Changes): void {
  const rows: Rows = tables.get(table) ?? new Map()
  const waiting = [...readers].filter((reader) => !reader.has(table))
  if (waiting.length > 0) {
    const before = new Map(rows)
    for (const reader of waiting) reader.set(table, before)
  }
  change(rows, changes)
  if (rows.size > 0) tables.set(table, rows)
  else tables.delete(table)
}
