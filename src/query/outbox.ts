/**
 * Live mutations: what they show before the server knows, and until when. The MutationCache is the only store: an
 * optimistic op exists exactly as long as its mutation does and nothing has confirmed it.
 */
import { hashKey, type Mutation, type MutationCache } from '@tanstack/react-query'
import type { Params } from './definition.ts'
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
  optimistic?(variables: unknown, context: OptimisticContext): readonly Change[]
}

export interface Outbox {
  /** Optimistic ops for one query; the same array while nothing changed. */
  opsFor(definition: string, params: Params): readonly Op<unknown>[]
  /** Drops the first optimistic op that `confirms` accepts, and returns what it made of it. */
  confirm(
    definition: string,
    params: Params,
    confirms: (pending: Op<unknown>) => Op<unknown> | undefined,
  ): Op<unknown> | undefined
  /** The mutation that a mutationFn call runs for. Equal variables are interchangeable, so first come, first served. */
  claim(name: string, variables: unknown): Claim
  /** The mutation with this client id. */
  find(name: string, clientId: string): Mutation | undefined
  stop(): void
}

export interface Claim {
  readonly clientId: string
  readonly params: Params
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
  running: boolean
  confirmed: boolean
  token: string
  changes: readonly Change[]
}

export interface OutboxOptions {
  readonly cache: MutationCache
  readonly definitionOf: (name: string) => MutationDefinition | undefined
  readonly createId: () => string
  readonly changed: () => void
}

const NONE: readonly Op<unknown>[] = []

export function createOutbox(options: OutboxOptions): Outbox {
  const rows = new Map<Mutation, Row>()
  let byTarget = new Map<string, readonly Op<unknown>[]>()

  function rowOf(mutation: Mutation): Row | undefined {
    const known = rows.get(mutation)
    if (known) return known
    const [scope, name, params] = mutation.options.mutationKey ?? []
    const definition = scope === 'live' && typeof name === 'string' ? options.definitionOf(name) : undefined
    if (!definition || mutation.state.status === 'idle') return undefined
    const row: Row = {
      mutation,
      definition,
      params: (params ?? {}) as Params,
      clientId: clientIdOf(mutation.state) ?? options.createId(),
      phase: 'queued',
      running: false,
      confirmed: false,
      token: '',
      changes: [],
    }
    rows.set(mutation, row)
    return row
  }

  function refresh(): void {
    const next = new Map<string, Op<unknown>[]>()
    for (const row of rows.values()) {
      for (const { definition, params, op } of row.confirmed ? [] : changesOf(row)) {
        const target = targetOf(definition, params)
        next.set(target, [...(next.get(target) ?? []), op])
      }
    }
    const previous = byTarget
    byTarget = new Map([...next].map(([target, ops]) => [target, isSame(previous.get(target), ops)]))
    options.changed()
  }

  const unsubscribe = options.cache.subscribe((event) => {
    if (!event.mutation || (event.type !== 'added' && event.type !== 'updated' && event.type !== 'removed'))
      return
    if (event.type === 'removed') {
      if (rows.delete(event.mutation)) refresh()
      return
    }
    const row = rowOf(event.mutation)
    if (!row) return
    const { status } = event.mutation.state
    if (status !== 'pending') row.running = false
    // Confirmed although the reply never came (an error): it was sent all the same.
    if (status !== 'pending' && row.confirmed) return options.cache.remove(event.mutation)
    refresh()
  })
  for (const mutation of options.cache.getAll()) rowOf(mutation)

  return {
    opsFor: (definition, params) => byTarget.get(targetOf(definition, params)) ?? NONE,
    confirm(definition, params, confirms) {
      const target = targetOf(definition, params)
      if (!byTarget.has(target)) return undefined
      for (const row of rows.values()) {
        if (row.confirmed) continue
        for (const change of row.changes) {
          const op = targetOf(change.definition, change.params) === target ? confirms(change.op) : undefined
          if (!op) continue
          row.confirmed = true
          if (row.mutation.state.status === 'success') options.cache.remove(row.mutation)
          refresh()
          return op
        }
      }
      return undefined
    },
    claim(name, variables) {
      const row = [...rows.values()].find(
        ({ definition, mutation, running }) =>
          definition.name === name &&
          !running &&
          mutation.state.status === 'pending' &&
          mutation.state.variables === variables,
      )
      if (row) row.running = true
      return {
        clientId: row?.clientId ?? options.createId(),
        params: row?.params ?? {},
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

/** Computed again only when the mutation changed, so that an unchanged row keeps its identity. */
function changesOf(row: Row): readonly Change[] {
  const { state } = row.mutation
  const status = statusOf(row)
  const token = `${status} ${state.failureCount}`
  if (token !== row.token) {
    row.token = token
    row.changes =
      row.definition.optimistic?.(state.variables, {
        params: row.params,
        clientId: row.clientId,
        status,
        error: state.error ?? undefined,
        attempts: state.failureCount,
        submittedAt: state.submittedAt,
      }) ?? []
  }
  return row.changes
}

function statusOf(row: Row): SendStatus {
  const { status } = row.mutation.state
  if (status === 'error') return 'failed'
  return status === 'success' ? 'sent' : row.phase
}

function targetOf(definition: string, params: Params): string {
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
