/**
 * Live mutations: what they show before the server knows, and until when. The MutationCache is the only store: an
 * optimistic op exists exactly as long as its mutation does and nothing has confirmed it.
 */
import { hashKey, type Mutation, type MutationCache, type MutationOptions } from '@tanstack/react-query'
import { LIVE_KEY, type Params } from './definition.ts'
import { NO_OPS, type Op } from './ops.ts'

/** An op for the data of one definition and one set of parameters. */
export interface Change {
  readonly definition: string
  readonly params: Params
  readonly op: Op<unknown>
}

export type SendStatus = 'queued' | 'sending' | 'sent' | 'failed'

export interface OptimisticContext<P = Params> {
  readonly params: P
  /** The same for every attempt, echo and acknowledgement of this mutation, also after a reload. */
  readonly clientId: string
  readonly status: SendStatus
  readonly error: Error | undefined
  readonly attempts: number
  /** Milliseconds since 1970, by the client's clock. */
  readonly submittedAt: number
}

export interface MutationDefinition {
  readonly name: string
  /** For a mutation that was restored from storage. */
  readonly options: MutationOptions
  optimistic(variables: unknown, context: OptimisticContext): readonly Change[]
}

interface Row {
  readonly mutation: Mutation
  readonly definition: MutationDefinition
  readonly params: Params
  readonly clientId: string
  phase: 'queued' | 'sending'
  /** Steps of the present attempt that have found their row. */
  readonly claimed: Set<'name' | 'run'>
  /** An event or a reply says what it was to say; it shows nothing any more. */
  confirmed: boolean
  /** It was tried before, perhaps before a reload; the server may have it already. */
  wasTried: boolean
  token: string
  changes: readonly TargetedOp[]
}

interface TargetedOp {
  readonly target: string
  readonly op: Op<unknown>
}

export interface OutboxOptions {
  readonly cache: MutationCache
  readonly definitionOf: (name: string) => MutationDefinition | undefined
  readonly createId: () => string
  /** Called with a mutation that comes out of storage. */
  readonly restored: (mutation: Mutation) => void
  readonly changed: () => void
}

export interface Outbox {
  readonly options: OutboxOptions
  readonly rows: Map<Mutation, Row>
  /** Optimistic ops by `targetOf`; the same array while nothing changed. */
  ops: ReadonlyMap<string, readonly Op<unknown>[]>
}

/** A mutation that runs. */
export interface Claim {
  readonly clientId: string
  readonly isRepeat: boolean
  sending(isSending: boolean): void
  /** The reply has been applied to the data. */
  applied(): void
}

export function createOutbox(options: OutboxOptions): Outbox {
  return { options, rows: new Map(), ops: new Map() }
}

/** Returns how to stop. */
export function startOutbox(outbox: Outbox): () => void {
  const { cache } = outbox.options
  const unsubscribe = cache.subscribe(({ type, mutation }) => {
    if (!mutation) return
    if (type === 'added' || type === 'updated') take(outbox, mutation, type === 'added')
    if (type === 'removed' && outbox.rows.delete(mutation)) refresh(outbox)
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

export function findMutation({ rows }: Outbox, name: string, clientId: string): Mutation | undefined {
  for (const row of rows.values()) {
    if (row.definition.name === name && row.clientId === clientId) return row.mutation
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
  const { rows, options } = outbox
  const row = rows.get(mutation) ?? createRow(options, mutation)
  if (!row) return
  rows.set(mutation, row)
  if (mutation.state.status !== 'pending') row.claimed.clear()
  if (isNew) {
    row.wasTried = true
    options.restored(mutation)
  }
  if (row.confirmed) forget(outbox, row)
  refresh(outbox)
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

function createRow({ definitionOf, createId }: OutboxOptions, mutation: Mutation): Row | undefined {
  const [scope, name, params] = mutation.options.mutationKey ?? []
  const definition = scope === LIVE_KEY && typeof name === 'string' ? definitionOf(name) : undefined
  if (!definition || mutation.state.status === 'idle') return undefined
  return {
    mutation,
    definition,
    params: (params ?? {}) as Params,
    clientId: clientIdOf(mutation.state) ?? createId(),
    phase: 'queued',
    claimed: new Set(),
    confirmed: false,
    wasTried: false,
    token: '',
    changes: [],
  }
}

/** Computed again only when the mutation changed, so that an unchanged row keeps its identity. */
function changesOf(row: Row): readonly TargetedOp[] {
  const { state } = row.mutation
  const status = statusOf(row)
  const token = `${status} ${state.failureCount}`
  if (token !== row.token) {
    row.token = token
    const changes = row.definition.optimistic(state.variables, {
      params: row.params,
      clientId: row.clientId,
      status,
      error: state.error ?? undefined,
      attempts: state.failureCount,
      submittedAt: state.submittedAt,
    })
    row.changes = changes.map(({ definition, params, op }) => ({
      target: targetOf(definition, params),
      op,
    }))
  }
  return row.changes
}

function statusOf(row: Row): SendStatus {
  const { status } = row.mutation.state
  if (status === 'error') return 'failed'
  return status === 'success' ? 'sent' : row.phase
}

/** One definition with one set of parameters. */
export function targetOf(definition: string, params: Params): string {
  return hashKey([definition, params])
}

function sameOr(
  previous: readonly Op<unknown>[] | undefined,
  next: readonly Op<unknown>[],
): readonly Op<unknown>[] {
  const isSame = previous?.length === next.length && next.every((op, at) => op === previous[at])
  return isSame ? previous : next
}

function clientIdOf(state: { readonly context: unknown; readonly variables: unknown }): string | undefined {
  for (const holder of [state.variables, state.context]) {
    const id =
      typeof holder === 'object' && holder !== null ? (holder as { clientId?: unknown }).clientId : undefined
    if (typeof id === 'string') return id
  }
  return undefined
}
