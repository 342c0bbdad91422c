/** One live mutation and what it shows. Knows nothing of other mutations, queries or caches. */
import { hashKey, type Mutation, type MutationOptions } from '@tanstack/react-query'
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
  optimistic(variables: unknown, context: OptimisticContext): readonly Change[]
}

export interface Row {
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
  /** Ends what it is doing when it is discarded. */
  readonly abort: AbortController
  token: string
  /** What `changes` were made of. */
  variables: unknown
  changes: readonly TargetedOp[]
}

export interface TargetedOp {
  readonly target: string
  readonly op: Op<unknown>
}

export interface RowOptions {
  readonly definitionOf: (name: string) => MutationDefinition | undefined
  readonly createId: () => string
}

export function createRow({ definitionOf, createId }: RowOptions, mutation: Mutation): Row | undefined {
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
    abort: new AbortController(),
    token: '',
    variables: undefined,
    changes: [],
  }
}

/** Computed again only when the mutation changed, so that an unchanged row keeps its identity. */
export function changesOf(row: Row): readonly TargetedOp[] {
  const { state } = row.mutation
  const status = statusOf(row)
  const token = `${status} ${state.failureCount}`
  if (token !== row.token || state.variables !== row.variables) {
    row.token = token
    row.variables = state.variables
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

export function statusOf(row: Row): SendStatus {
  const { status } = row.mutation.state
  if (status === 'error') return 'failed'
  return status === 'success' ? 'sent' : row.phase
}

/** One definition with one set of parameters. */
export function targetOf(definition: string, params: Params): string {
  return hashKey([definition, params])
}

function clientIdOf(state: { readonly context: unknown; readonly variables: unknown }): string | undefined {
  for (const holder of [state.variables, state.context]) {
    const id =
      typeof holder === 'object' && holder !== null ? (holder as { clientId?: unknown }).clientId : undefined
    if (typeof id === 'string') return id
  }
  return undefined
}
