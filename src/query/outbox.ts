/**
 * Live mutations: what they show before the server knows, and until when. The MutationCache is the only store: an
 * optimistic op exists exactly as long as its mutation does and nothing has confirmed it.
 */
import type { Mutation, MutationCache } from '@tanstack/react-query'
import { NO_OPS, type Op } from './ops.ts'
import { changesOf, createRow, type Row, type RowOptions } from './outboxRow.ts'

/** For whoever looks into what failed. */
const MAX_UNSEEN = 20

export interface OutboxOptions extends RowOptions {
  readonly cache: MutationCache
  /** Called with a mutation that comes out of storage. */
  readonly restored: (mutation: Mutation) => void
  readonly changed: () => void
}

export interface Outbox {
  readonly options: OutboxOptions
  readonly rows: Map<Mutation, Row>
  /** Removed from the cache; one that was running is heard of once more, when it ends. */
  readonly gone: WeakSet<Mutation>
  /** Optimistic ops by `targetOf`; the same array while nothing changed. */
  ops: ReadonlyMap<string, readonly Op<unknown>[]>
}

/** A mutation that runs. */
export interface Claim {
  readonly clientId: string
  readonly isRepeat: boolean
  /** What it carries now; it may have been amended since it began. */
  variables(): unknown
  amend(variables: unknown): void
  /** An event has said already what it was to say. */
  isConfirmed(): boolean
  /** Aborted when the mutation is discarded. */
  readonly signal: AbortSignal | undefined
  sending(isSending: boolean): void
  /** The reply has been applied to the data. */
  applied(): void
}

export function createOutbox(options: OutboxOptions): Outbox {
  return { options, rows: new Map(), gone: new WeakSet(), ops: new Map() }
}

/** Returns how to stop. */
export function startOutbox(outbox: Outbox): () => void {
  const { cache } = outbox.options
  const unsubscribe = cache.subscribe(({ type, mutation }) => {
    if (!mutation) return
    if (type === 'added' || type === 'updated') take(outbox, mutation, type === 'added')
    if (type === 'removed') drop(outbox, mutation)
  })
  for (const mutation of cache.getAll()) take(outbox, mutation, true)
  return () => {
    unsubscribe()
    outbox.rows.clear()
    outbox.ops = new Map()
  }
}

export function opsFor({ ops }: Outbox, target: string): readonly Op<unknown>[] {
  return ops.get(target) ?? NO_OPS
}

/** Drops the first optimistic op that `confirms` accepts, and returns what it made of it. */
export function confirm(
  outbox: Outbox,
  target: string,
  confirms: (pending: Op<unknown>) => Op<unknown> | undefined,
): Op<unknown> | undefined {
  if (!outbox.ops.has(target)) return undefined
  for (const row of outbox.rows.values()) {
    for (const change of row.confirmed ? [] : row.changes) {
      const op = change.target === target ? confirms(change.op) : undefined
      if (!op) continue
      forget(outbox, row)
      refresh(outbox)
      return op
    }
  }
  return undefined
}

/** The client id of a mutation that begins, for its context: there it survives a reload. */
export function clientIdFor(outbox: Outbox, name: string, variables: unknown): string {
  return claimRow(outbox, 'name', { name, variables })?.clientId ?? outbox.options.createId()
}

/** The mutation that a mutationFn call runs for. */
export function claim(outbox: Outbox, name: string, variables: unknown): Claim {
  const row = claimRow(outbox, 'run', { name, variables })
  const isRepeat = row?.wasTried === true
  if (row) row.wasTried = true
  return {
    clientId: row?.clientId ?? outbox.options.createId(),
    isRepeat,
    variables: () => (row ? row.mutation.state.variables : variables),
    amend(next) {
      if (row) amend(outbox, row.mutation, next)
    },
    isConfirmed: () => row?.confirmed === true,
    signal: row?.abort.signal,
    sending(isSending) {
      if (!row) return
      row.phase = isSending ? 'sending' : 'queued'
      refresh(outbox)
    },
    applied() {
      if (row) row.confirmed = true
    },
  }
}

/** Other variables in place of its own: kept with the mutation, shown, and sent by its next attempt. */
export function amend({ options }: Outbox, mutation: Mutation, variables: unknown): void {
  mutation.state = { ...mutation.state, variables }
  options.cache.notify({ type: 'updated', mutation, action: { type: 'continue' } })
}

export function findRow({ rows }: Outbox, name: string, clientId: string): Row | undefined {
  for (const row of rows.values()) {
    if (row.definition.name === name && row.clientId === clientId) return row
  }
  return undefined
}

/** Equal variables are interchangeable, so first come, first served. */
function claimRow(
  { rows }: Outbox,
  step: 'name' | 'run',
  { name, variables }: { readonly name: string; readonly variables: unknown },
): Row | undefined {
  for (const row of rows.values()) {
    const { state } = row.mutation
    if (row.definition.name !== name || row.claimed.has(step)) continue
    if (state.status !== 'pending' || state.variables !== variables) continue
    row.claimed.add(step)
    return row
  }
  return undefined
}

function take(outbox: Outbox, mutation: Mutation, isNew: boolean): void {
  const { rows, options, gone } = outbox
  if (gone.has(mutation)) return
  const row = rows.get(mutation) ?? createRow(options, mutation)
  if (!row) return
  rows.set(mutation, row)
  if (mutation.state.status !== 'pending') row.claimed.clear()
  if (isNew) {
    row.wasTried = true
    options.restored(mutation)
  }
  if (row.confirmed) forget(outbox, row)
  else if (isUnseen(row)) removeOldUnseen(outbox)
  refresh(outbox)
}

/** Failed, and not on screen to be tried again or discarded. */
function isUnseen(row: Row): boolean {
  return row.mutation.state.status === 'error' && changesOf(row).length === 0
}

function removeOldUnseen({ rows, options }: Outbox): void {
  const [oldest, ...others] = [...rows.values()].filter(isUnseen)
  if (oldest && others.length >= MAX_UNSEEN) options.cache.remove(oldest.mutation)
}

function drop(outbox: Outbox, mutation: Mutation): void {
  outbox.gone.add(mutation)
  outbox.rows.get(mutation)?.abort.abort()
  if (outbox.rows.delete(mutation)) refresh(outbox)
}

function forget({ options }: Outbox, row: Row): void {
  row.confirmed = true
  // Confirmed although the reply never came (an error): it was sent all the same.
  if (row.mutation.state.status !== 'pending') options.cache.remove(row.mutation)
}

function refresh(outbox: Outbox): void {
  const next = new Map<string, Op<unknown>[]>()
  for (const row of outbox.rows.values()) {
    for (const { target, op } of row.confirmed ? [] : changesOf(row)) {
      const ops = next.get(target) ?? []
      next.set(target, ops)
      ops.push(op)
    }
  }
  outbox.ops = new Map([...next].map(([target, ops]) => [target, sameOr(outbox.ops.get(target), ops)]))
  outbox.options.changed()
}

function sameOr(
  previous: readonly Op<unknown>[] | undefined,
  next: readonly Op<unknown>[],
): readonly Op<unknown>[] {
  const isSame = previous?.length === next.length && next.every((op, at) => op === previous[at])
  return isSame ? previous : next
}
