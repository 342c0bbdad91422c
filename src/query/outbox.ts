/**
 * Live mutations: what they show before the server knows, and until when. The MutationCache is the only store: an
 * optimistic op exists exactly as long as its mutation does and nothing has confirmed it.
 */
import { hashKey, type Mutation, type MutationCache, type MutationOptions } from '@tanstack/react-query'
import { LIVE_KEY, type Params } from './definition.ts'
import type { Op } from './ops.ts'

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
  optimistic?(variables: unknown, context: OptimisticContext): readonly Change[]
}

export interface Outbox {
  /** Optimistic ops for one query, by `targetOf`; the same array while nothing changed. */
  opsFor(target: string): readonly Op<unknown>[]
  /** Drops the first optimistic op that `confirms` accepts, and returns what it made of it. */
  confirm(
    target: string,
    confirms: (pending: Op<unknown>) => Op<unknown> | undefined,
  ): Op<unknown> | undefined
  /** The client id of a mutation that begins, for its context: it must survive a reload. */
  nameOf(name: string, variables: unknown): string
  /** The mutation that a mutationFn call runs for. */
  claim(name: string, variables: unknown): Claim
  /** The mutation with this client id. */
  find(name: string, clientId: string): Mutation | undefined
  stop(): void
}

export interface Claim {
  readonly clientId: string
  /** It was tried before, perhaps before a reload; the server may have it already. */
  readonly isRepeat: boolean
  sending(isSending: boolean): void
  /** The reply has been applied to the data. */
  applied(): void
}

interface Row {
  readonly mutation: Mutation
  readonly definition: MutationDefinition
  readonly params: Params
  readonly clientId: string
  phase: 'queued' | 'sending'
  /** Steps of the present attempt that have found their row. */
  readonly claimed: Set<'name' | 'run'>
  confirmed: boolean
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
  /** A mutation that comes out of storage. */
  readonly restored: (mutation: Mutation) => void
  readonly changed: () => void
}

const NONE: readonly Op<unknown>[] = []

export function createOutbox(options: OutboxOptions): Outbox {
  const { cache } = options
  const rows = new Map<Mutation, Row>()
  let byTarget = new Map<string, readonly Op<unknown>[]>()

  function rowOf(mutation: Mutation): Row | undefined {
    const row = rows.get(mutation) ?? createRow(options, mutation)
    if (row) rows.set(mutation, row)
    return row
  }

  function refresh(): void {
    const next = new Map<string, Op<unknown>[]>()
    for (const row of rows.values()) {
      if (row.confirmed) continue
      for (const { target, op } of changesOf(row)) next.set(target, [...(next.get(target) ?? []), op])
    }
    const previous = byTarget
    byTarget = new Map([...next].map(([target, ops]) => [target, isSame(previous.get(target), ops)]))
    options.changed()
  }

  function forget(row: Row): void {
    row.confirmed = true
    // Confirmed although the reply never came (an error): it was sent all the same.
    if (row.mutation.state.status !== 'pending') cache.remove(row.mutation)
  }

  function take(mutation: Mutation, isNew: boolean): void {
    const row = rowOf(mutation)
    if (!row) return
    const isPending = mutation.state.status === 'pending'
    if (isNew) {
      row.wasTried = true
      options.restored(mutation)
    }
    if (!isPending) row.claimed.clear()
    if (row.confirmed) forget(row)
    refresh()
  }

  /** Equal variables are interchangeable, so first come, first served. */
  function claim(step: 'name' | 'run', name: string, variables: unknown): Row | undefined {
    const row = [...rows.values()].find(
      ({ definition, mutation: { state }, claimed }) =>
        definition.name === name &&
        !claimed.has(step) &&
        state.status === 'pending' &&
        state.variables === variables,
    )
    row?.claimed.add(step)
    return row
  }

  const unsubscribe = cache.subscribe(({ type, mutation }) => {
    if (!mutation) return
    if (type === 'added' || type === 'updated') take(mutation, type === 'added')
    if (type === 'removed' && rows.delete(mutation)) refresh()
  })
  for (const mutation of cache.getAll()) take(mutation, true)

  return {
    opsFor: (target) => byTarget.get(target) ?? NONE,
    confirm(target, confirms) {
      if (!byTarget.has(target)) return undefined
      for (const row of rows.values()) {
        const op = row.confirmed ? undefined : firstConfirmed(row.changes, target, confirms)
        if (!op) continue
        forget(row)
        refresh()
        return op
      }
      return undefined
    },
    nameOf: (name, variables) => claim('name', name, variables)?.clientId ?? options.createId(),
    claim(name, variables) {
      const row = claim('run', name, variables)
      const isRepeat = row?.wasTried ?? false
      if (row) row.wasTried = true
      return {
        clientId: row?.clientId ?? options.createId(),
        isRepeat,
        sending(isSending) {
          if (!row) return
          row.phase = isSending ? 'sending' : 'queued'
          refresh()
        },
        applied() {
          if (row) row.confirmed = true
        },
      }
    },
    find: (name, clientId) =>
      [...rows.values()].find((row) => row.definition.name === name && row.clientId === clientId)?.mutation,
    stop() {
      unsubscribe()
      rows.clear()
      byTarget = new Map()
    },
  }
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

function firstConfirmed(
  changes: readonly TargetedOp[],
  target: string,
  confirms: (pending: Op<unknown>) => Op<unknown> | undefined,
): Op<unknown> | undefined {
  for (const change of changes) {
    const op = change.target === target ? confirms(change.op) : undefined
    if (op) return op
  }
  return undefined
}

/** Computed again only when the mutation changed, so that an unchanged row keeps its identity. */
function changesOf(row: Row): readonly TargetedOp[] {
  const { state } = row.mutation
  const status = statusOf(row)
  const token = `${status} ${state.failureCount}`
  if (token !== row.token) {
    row.token = token
    const changes = row.definition.optimistic?.(state.variables, {
      params: row.params,
      clientId: row.clientId,
      status,
      error: state.error ?? undefined,
      attempts: state.failureCount,
      submittedAt: state.submittedAt,
    })
    row.changes = (changes ?? []).map(({ definition, params, op }) => ({
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

function isSame(
  previous: readonly Op<unknown>[] | undefined,
  next: readonly Op<unknown>[],
): readonly Op<unknown>[] {
  return previous?.length === next.length && next.every((op, at) => op === previous[at]) ? previous : next
}

function clientIdOf(state: { readonly context: unknown; readonly variables: unknown }): string | undefined {
  for (const holder of [state.variables, state.context]) {
    const id =
      typeof holder === 'object' && holder !== null ? (holder as { clientId?: unknown }).clientId : undefined
    if (typeof id === 'string') return id
  }
  return undefined
}
