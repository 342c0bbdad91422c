/**
 * Data that cannot be fooled: it knows the place of every event in the server's history, and so whether one comes twice,
 * out of order, or not at all. Numbers on the wire are another thing: a server may keep them to itself.
 */
import type { SequencedOp } from '../../../src/query/fold/items.ts'
import type { Kind } from '../../../src/query/fold/kinds.ts'
import type { Op } from '../../../src/query/fold/op.ts'

/** What happened at the server: `key` has this value from now on, or is gone. */
export interface Happened {
  readonly at: number
  readonly key: string
  readonly isGone: boolean
}

/** What an op carries. `at`: of the event; `undefined` for what a reply or an optimistic op says. */
export interface Row {
  readonly key: string
  readonly value: number
  readonly at: number | undefined
  readonly isGone: boolean
}

export interface Data {
  /** Every event up to here is in it, unless it has holes. */
  readonly at: number
  readonly hasHoles: boolean
  /** A page of it is older than the rest, and each page knows for itself what it has. */
  readonly isMixed: boolean
  readonly values: Readonly<Record<string, number>>
  /** Optimistic ones on top. */
  readonly rows: readonly string[]
}

export interface Oracle {
  /** Holes and repetitions are allowed in what is doubtful. */
  isStrict: boolean
  readonly isNumbered: boolean
  readonly hasPositions: boolean
  readonly findings: string[]
}

const EMPTY: Data = { at: 0, hasHoles: false, isMixed: false, values: {}, rows: [] }

function placed(data: Data, row: Row): Data {
  const values = { ...data.values }
  if (row.isGone) delete values[row.key]
  else values[row.key] = row.value
  return { ...data, values }
}

/** An event that tells of a change to what it does not describe: only who has it already knows what it is now. */
export const PARTIAL = '~'

const isUnseen = ({ values }: Data, { key, at, isGone }: Row) =>
  at !== undefined && !isGone && key.startsWith(PARTIAL) && !(key in values)

export function opOf(row: Row): Op<unknown> {
  return { kind: 'upsert', item: row }
}

export const rowOf = (op: Op<unknown>) => (op as Extract<Op<Row>, { kind: 'upsert' }>).item

export function historyUpTo(history: readonly Happened[], at: number): Data {
  let data = EMPTY
  const values: Record<string, number> = {}
  for (const { key, isGone, at: seq } of history) {
    if (seq > at) break
    if (isGone) delete values[key]
    else values[key] = seq
  }
  data = { ...EMPTY, at, values }
  return data
}

function folded(oracle: Oracle, data: Data, ops: readonly SequencedOp<unknown>[]): Data {
  let next = data
  for (const { op } of ops) {
    const row = rowOf(op)
    const { at } = row
    if (!isUnseen(next, row)) next = placed(next, row)
    if (at === undefined) continue
    const isAgain = at <= next.at && oracle.isNumbered && !next.isMixed
    const isHole = at > next.at + 1
    if (oracle.isStrict && isAgain)
      oracle.findings.push(`event ${at} after ${next.at}: twice, or out of order`)
    if (oracle.isStrict && isHole) oracle.findings.push(`event ${at} after ${next.at}: some are missing`)
    next = { ...next, at: Math.max(at, next.at), hasHoles: next.hasHoles || isHole }
  }
  return next
}

function isLacking(data: Data, ops: readonly SequencedOp<unknown>[]): boolean {
  let next = data
  return ops.some(({ op }) => {
    const row = rowOf(op)
    if (isUnseen(next, row)) return true
    next = placed(next, row)
    return false
  })
}

export function strictKind(oracle: Oracle, isFiltered = false): Kind {
  return {
    ...(isFiltered && { lacks: (data, ops) => isLacking(data as Data, ops) }),
    fold: (data, ops) => folded(oracle, data as Data, ops),
    overlay: (data, ops) => ({ ...(data as Data), rows: ops.map((op) => rowOf(op).key) }),
    adopt: (data, ops) => {
      const own = new Set(ops.map((op) => rowOf(op).key))
      const { rows, ...rest } = data as Data
      if ((data as Partial<Data>).values === undefined) return undefined
      return rows.length === 0 ? data : { ...rest, rows: rows.filter((key) => !own.has(key)) }
    },
    confirms(anticipated, op, isGuess) {
      const [mine, row] = [rowOf(anticipated), rowOf(op)]
      if (row.at === undefined || row.isGone) return undefined
      if (mine.key === row.key) return op
      // A server that does not echo the name: whatever is nobody's else may be it.
      return isGuess && row.key.startsWith('?') ? opOf(row) : undefined
    },
    positionOf(data) {
      const { at, hasHoles } = data as Data
      return oracle.hasPositions && !hasHoles ? { seq: at } : undefined
    },
  }
}
