/** One live mutation and what it shows. Knows nothing of other mutations, queries or caches. */

import type { Identity } from '../../transport/port.ts'
import type { Op } from '../fold/op.ts'
import { LIVE_KEY, type Params } from '../keys.ts'
import { hashKey, type Mutation, type MutationOptions } from '../tanstack.ts'
import type { Author, Authors } from './author.ts'

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

/** What is stored of a send beside its mutation, in the `meta` of that. */
export interface Signature {
  readonly clientId: string
  readonly wasSent: boolean
  readonly who: Identity
}

export interface Row {
  readonly mutation: Mutation
  readonly definition: MutationDefinition
  readonly params: Params
  readonly clientId: string
  readonly author: Author
  phase: 'queued' | 'sending'
  /**
   * An event or a reply has said what it was to do; it shows nothing any more. A guess may be something else: it takes the
   * place of what it is taken for, and proves nothing.
   */
  confirmed: 'sure' | 'guess' | undefined
  /** It was tried before, perhaps before a reload; the server may have it already. */
  wasTried: boolean
  /** It was on its way before: what the server made of it is unknown, and changing it comes too late. */
  wasSent: boolean
  /** It was, on a page that is gone, and how that ended is not known. */
  inDoubt: boolean
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
  readonly authors: Authors
  readonly createId: () => string
}

const rows = new WeakMap<object, Row>()

export function createRow(
  { definitionOf, authors, createId }: RowOptions,
  mutation: Mutation,
): Row | undefined {
  const [scope, name, params] = mutation.options.mutationKey ?? []
  const definition = scope === LIVE_KEY && typeof name === 'string' ? definitionOf(name) : undefined
  if (!definition) return undefined
  const stored = mutation.meta?.[LIVE_KEY] as Signature | undefined
  const wasTried = mutation.state.status !== 'idle'
  const wasSent = mutation.state.status === 'pending' && stored?.wasSent !== false
  const row: Row = {
    mutation,
    definition,
    params: (params ?? {}) as Params,
    clientId: stored?.clientId ?? clientIdOf(mutation.state) ?? createId(),
    author: stored && wasTried ? { who: stored.who, era: 0, isRestored: true } : authors.begin(),
    phase: 'queued',
    confirmed: undefined,
    wasTried,
    wasSent,
    inDoubt: stored !== undefined && wasSent,
    abort: new AbortController(),
    token: '',
    variables: undefined,
    changes: [],
  }
  sign(row)
  return row
}

/**
 * Makes the mutation one that can be told from all others, and stores its client id and author with it. TanStack hands the
 * key to whatever runs for the mutation, so a key of its own is what names it; equal variables say nothing.
 */
export function sign(row: Row): void {
  const { mutation, clientId, author, wasSent } = row
  const { options } = mutation
  const signature = options.meta?.[LIVE_KEY] as Signature | undefined
  if (
    signature?.clientId === clientId &&
    signature.who === author.who &&
    signature.wasSent === wasSent &&
    rows.get(options.mutationKey as object) === row
  )
    return
  const mutationKey = [...(options.mutationKey ?? [])]
  // One that began before this knows the key that it had then.
  if (options.mutationKey && !rows.has(options.mutationKey)) rows.set(options.mutationKey, row)
  rows.set(mutationKey, row).set(mutation, row)
  mutation.setOptions({
    ...options,
    mutationKey,
    meta: { ...options.meta, [LIVE_KEY]: { clientId, wasSent, who: author.who } },
  })
}

/** By its mutation, or by the key that TanStack hands to what runs for it. */
export function rowBehind(of: object | undefined): Row | undefined {
  return of && rows.get(of)
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
    row.changes = changes.map(targeted)
  }
  return row.changes
}

export function statusOf(row: Row): SendStatus {
  const { status } = row.mutation.state
  if (status === 'error') return 'failed'
  return status === 'success' ? 'sent' : row.phase
}

/** The server cannot have it: it waits for its first attempt, or has failed. */
export function isUnsent(row: Row): boolean {
  const status = statusOf(row)
  return !row.confirmed && (status === 'failed' || (status === 'queued' && !row.wasSent))
}

export function targeted({ definition, params, op }: Change): TargetedOp {
  return { target: targetOf(definition, params), op }
}

/** The same arrays as before where nothing has changed. */
export function byTarget(
  shown: readonly (readonly TargetedOp[])[],
  before: ReadonlyMap<string, readonly Op<unknown>[]>,
): Map<string, readonly Op<unknown>[]> {
  const next = new Map<string, Op<unknown>[]>()
  for (const { target, op } of shown.flat()) {
    const ops = next.get(target) ?? []
    next.set(target, ops)
    ops.push(op)
  }
  return new Map([...next].map(([target, ops]) => [target, sameOr(before.get(target), ops)]))
}

function sameOr(
  previous: readonly Op<unknown>[] | undefined,
  next: readonly Op<unknown>[],
): readonly Op<unknown>[] {
  const isSame = previous?.length === next.length && next.every((op, at) => op === previous[at])
  return isSame ? previous : next
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
