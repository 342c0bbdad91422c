/** One live mutation and what it shows. Knows nothing of other mutations, queries or caches. */

import type { Identity } from '../../transport/port.ts'
import { LIVE_KEY, type Params } from '../keys.ts'
import type { Mutation, MutationOptions } from '../tanstack.ts'
import { type Author, type Authors, BEFORE } from './author.ts'
import { firstState, type SendState, type SendStatus, statusOf, wasSent } from './sendState.ts'
import { type AnyChange, type TargetedOp, targeted } from './targetedOp.ts'

export interface OptimisticContext<P = Params> {
  readonly params: P
  /** The same for every attempt, echo and acknowledgement of this mutation, also after a reload. */
  readonly clientId: string
  readonly status: SendStatus
  readonly error: Error | undefined
  readonly attempts: number
  /** Milliseconds since 1970, by the client's clock. */
  readonly submittedAt: number
  /**
   * Whether a reload leaves it alone, where sends are kept (`live.persistOutbox`): `false` where the storage refused it, or
   * it is not known for whom to keep it. `undefined` where they are not kept, and while it is written.
   */
  readonly isKept: boolean | undefined
  /** Another tab has it in hand: it sends it, and this one shows how that goes. */
  readonly isElsewhere: boolean
  /** What `request` or `prepare` gave to `show` last, on this page. */
  readonly shown: unknown
  /** Aborted when it is over, or discarded: nothing shows it any more. */
  readonly signal: AbortSignal
}

export interface MutationDefinition {
  readonly name: string
  /** For a mutation that was restored from storage. */
  readonly options: MutationOptions
  optimistic(variables: unknown, context: OptimisticContext): readonly AnyChange[]
}

/** What is stored of a send beside its mutation, in the `meta` of that. */
interface Signature {
  readonly clientId: string
  readonly wasSent: boolean
  readonly who: Identity
}

export interface PendingMutation {
  readonly mutation: Mutation
  readonly definition: MutationDefinition
  readonly params: Params
  readonly clientId: string
  readonly author: Author
  /** Ends what it is doing when it is discarded. */
  readonly abort: AbortController
  state: SendState
  isKept?: boolean | undefined
  isElsewhere?: boolean
  shown?: unknown
  optimistic?: OptimisticOps
}

/** What it shows, and what that was made of. */
interface OptimisticOps {
  readonly variables: unknown
  readonly context: OptimisticContext
  readonly changes: readonly AnyChange[]
  readonly ops: readonly TargetedOp[]
}

export interface PendingMutationOptions {
  readonly definitionOf: (name: string) => MutationDefinition | undefined
  readonly authors: Authors
  readonly createId: () => string
}

/**
 * By mutation, and by every key that a mutation of ours had. TanStack hands no more than the key to what runs for a mutation,
 * and no more than the mutation to what decides on storing it; neither knows of a QueryClient's other records.
 */
const behind = new WeakMap<object, PendingMutation>()

/** By its mutation, or by the key that TanStack hands to what runs for it. */
export function pendingBehind(of: object | undefined): PendingMutation | undefined {
  return behind.get(of as object)
}

export function createPending(
  { definitionOf, authors, createId }: PendingMutationOptions,
  mutation: Mutation,
): PendingMutation | undefined {
  const [scope, name, params] = mutation.options.mutationKey ?? []
  const definition = scope === LIVE_KEY ? definitionOf(String(name)) : undefined
  if (!definition) return undefined
  const stored = mutation.meta?.[LIVE_KEY] as Signature | undefined
  const state = firstState(mutation.state.status, stored)
  const pending: PendingMutation = {
    mutation,
    definition,
    params: (params ?? {}) as Params,
    clientId: stored?.clientId ?? clientIdIn(mutation.state) ?? createId(),
    author: stored && state.progress !== 'fresh' ? { who: stored.who, era: BEFORE } : authors.begin(),
    abort: new AbortController(),
    state,
  }
  writeSignature(pending)
  return pending
}

/**
 * Makes the mutation one that can be told from all others, and stores its client id and author with it. TanStack hands the
 * key to whatever runs for the mutation, so a key of its own is what names it; equal variables say nothing.
 */
export function writeSignature(pending: PendingMutation): void {
  const { mutation, clientId, author, state } = pending
  const { options } = mutation
  const { who } = author
  const isSent = wasSent(state)
  const written = options.meta?.[LIVE_KEY] as Signature | undefined
  if (
    written?.clientId === clientId &&
    written.who === who &&
    written.wasSent === isSent &&
    pendingBehind(options.mutationKey) === pending
  )
    return
  const given = options.mutationKey ?? []
  const mutationKey = [...given]
  // One that began before this knows the key that it had then.
  if (!behind.has(given)) behind.set(given, pending)
  behind.set(mutationKey, pending).set(mutation, pending)
  mutation.setOptions({
    ...options,
    mutationKey,
    meta: { ...options.meta, [LIVE_KEY]: { clientId, wasSent: isSent, who } },
  })
}

/** For what is stored of it. */
export function renewSignature(mutation: Mutation): PendingMutation | undefined {
  const pending = pendingBehind(mutation)
  if (pending) writeSignature(pending)
  return pending
}

/** Computed again only when the mutation changed, so that an unchanged one keeps its ops. */
export function optimisticOps(pending: PendingMutation): readonly TargetedOp[] {
  const {
    definition,
    params,
    clientId,
    isKept,
    isElsewhere = false,
    shown,
    optimistic: made,
    mutation,
  } = pending
  const { variables, failureCount: attempts, error, submittedAt } = mutation.state
  const status = statusOf(pending)
  const isSame = made?.context.status === status && made.context.attempts === attempts
  const isThere = made?.context.isKept === isKept && made?.context.isElsewhere === isElsewhere
  if (isSame && isThere && made.context.shown === shown && made.variables === variables) return made.ops
  const where = { isKept, isElsewhere, shown, signal: pending.abort.signal }
  const context = { params, clientId, status, error: error ?? undefined, attempts, submittedAt, ...where }
  const changes = definition.optimistic(variables, context)
  // A patch of an entity is no row that could be tried again: what was refused is not so.
  const ops = changes.filter(({ entity }) => !entity || status !== 'failed').map(targeted)
  pending.optimistic = { variables, context, changes, ops }
  return ops
}

function clientIdIn({ variables, context }: Mutation['state']): string | undefined {
  const ids = [variables, context].map((holder) => Object(holder).clientId)
  return ids.find((id) => typeof id === 'string')
}
