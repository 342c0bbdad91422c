/**
 * What live mutations show before the server knows, and until when. An optimistic op exists exactly as long as its mutation
 * does and nothing has confirmed it.
 */

import type { LiveEvent } from '../../transport/port.ts'
import { NO_OPS, type Op } from '../fold/op.ts'
import type { Mutation, MutationCache, QueryClient } from '../tanstack.ts'
import { isOwn } from './author.ts'
import {
  optimisticOps,
  type PendingMutation,
  type PendingMutationOptions,
  writeSignature,
} from './pendingMutation.ts'
import { isOver, isShown, next, type SendInput, statusOf } from './sendState.ts'
import { type OpsByTarget, opsByTarget, type TargetedOp } from './targetedOp.ts'

export interface PendingMutationsOptions extends PendingMutationOptions {
  readonly cache: MutationCache
  /** Called with a mutation that comes out of storage, once it is known to be of whoever is here. */
  readonly resume: (mutation: Mutation) => void
  readonly changed: () => void
}

export interface PendingMutations {
  readonly options: PendingMutationsOptions
  readonly all: Map<Mutation, PendingMutation>
  /** Out of storage, and not gone on with. */
  readonly restored: Set<PendingMutation>
  /** Ops that lie over the data without a mutation, by whoever holds them. */
  readonly held: Map<object, readonly TargetedOp[]>
  /** All of them, in the order in which they lie over each other. */
  shown: readonly TargetedOp[]
  /** Optimistic ops by `targetOf`; the same array while nothing changed. */
  ops: OpsByTarget
  /** Something happened since `ops` was computed. */
  isStale: boolean
  /** `ops` was computed, and not every query has been told. */
  hasNews: boolean
  /** Events that were what one of them waited for, and what they became with its names. Late first loads meet them again. */
  readonly echoes: WeakMap<LiveEvent, { readonly target: string; readonly as: Op<unknown> }>
}

export function createPendingMutations(options: PendingMutationsOptions): PendingMutations {
  return {
    options,
    all: new Map(),
    restored: new Set(),
    held: new Map(),
    shown: [],
    ops: new Map(),
    isStale: false,
    hasNews: false,
    echoes: new WeakMap(),
  }
}

export function isMine({ options: { authors } }: PendingMutations, { author }: PendingMutation): boolean {
  return isOwn(author, authors.now())
}

/** One's own only. */
export function findPending(
  pendingMutations: PendingMutations,
  name: string,
  clientId: string,
): PendingMutation | undefined {
  return [...pendingMutations.all.values()].find(
    (pending) =>
      pending.definition.name === name && pending.clientId === clientId && isMine(pendingMutations, pending),
  )
}

/** A status is shown at once. A proof is shown with what it proves: whoever brings that has it written. */
export function advancePending(
  pendingMutations: PendingMutations,
  pending: PendingMutation,
  input: SendInput,
): void {
  const before = statusOf(pending)
  pending.state = next(pending.state, input)
  writeSignature(pending)
  pendingMutations.isStale = true
  if (statusOf(pending) !== before) pendingMutations.options.changed()
}

/** Other variables in place of its own: kept with the mutation, shown, and sent by its next attempt. */
export function amendVariables(
  queryClient: QueryClient,
  { mutation }: PendingMutation,
  variables: unknown,
): void {
  mutation.state = { ...mutation.state, variables }
  queryClient.getMutationCache().notify({ type: 'updated', mutation, action: { type: 'continue' } })
}

/** In place of what this one held before; below what mutations show. */
export function holdOps(
  pendingMutations: PendingMutations,
  holder: object,
  ops: readonly TargetedOp[],
): void {
  if (ops.length > 0) pendingMutations.held.set(holder, ops)
  else if (!pendingMutations.held.delete(holder)) return
  showChanges(pendingMutations)
}

export function showChanges(pendingMutations: PendingMutations): void {
  pendingMutations.isStale = true
  pendingMutations.options.changed()
}

/** As of now: whoever shows them has every event so far in what lies below. */
export function opsFor(pendingMutations: PendingMutations, target: string): readonly Op<unknown>[] {
  computeOps(pendingMutations)
  return pendingMutations.ops.get(target) ?? NO_OPS
}

/** Whether what is shown has changed since it was last asked; what is done for good leaves. */
export function refreshOps(pendingMutations: PendingMutations): boolean {
  const { all, options } = pendingMutations
  computeOps(pendingMutations)
  if (!pendingMutations.hasNews) return false
  pendingMutations.hasNews = false
  for (const pending of [...all.values()]) {
    const { mutation } = pending
    if (isOver(pending) && all.delete(mutation)) options.cache.remove(mutation)
  }
  return true
}

function computeOps(pendingMutations: PendingMutations): void {
  if (!pendingMutations.isStale) return
  pendingMutations.isStale = false
  pendingMutations.hasNews = true
  const shown = [...pendingMutations.held.values()]
  for (const pending of pendingMutations.all.values()) {
    if (statusOf(pending) === 'failed') pending.state = next(pending.state, 'failed')
    if (isShown(pending) && isMine(pendingMutations, pending)) shown.push(optimisticOps(pending))
  }
  pendingMutations.shown = shown.flat()
  pendingMutations.ops = opsByTarget(pendingMutations.shown, pendingMutations.ops)
}

/** An event that has been recognised as what a mutation anticipated. `as: undefined`: one that other data shows. */
export interface Echo {
  readonly as: Op<unknown> | undefined
}

export function echoOf({ echoes }: PendingMutations, target: string, event: LiveEvent): Echo | undefined {
  const echo = echoes.get(event)
  return echo && { as: echo.target === target ? echo.as : undefined }
}

/** What an event may yet turn out to be, for one target. */
export interface Anticipated {
  readonly pending: PendingMutation
  readonly op: Op<unknown>
  /** Something was taken for it already; only what is surely it takes that one's place. */
  readonly isGuessed: boolean
}

/** One constant for "none", which is what most events find. */
const NONE_ANTICIPATED: readonly Anticipated[] = []

/** Of one's own, in the order in which it was begun. */
export function anticipatedFor(pendingMutations: PendingMutations, target: string): readonly Anticipated[] {
  const hasOps = pendingMutations.ops.has(target)
  let found: Anticipated[] | undefined
  for (const pending of pendingMutations.all.values()) {
    const { proof } = pending.state
    const isGuessed = proof === 'guess'
    if (proof === 'sure' || !(hasOps || isGuessed) || !isMine(pendingMutations, pending)) continue
    for (const change of pending.optimistic?.ops ?? []) {
      if (change.target !== target) continue
      found ??= []
      found.push({ pending, op: change.op, isGuessed })
    }
  }
  return found ?? NONE_ANTICIPATED
}

export interface Confirmation {
  readonly pending: PendingMutation
  /** It may be something else after all. */
  readonly isGuess: boolean
  /** The event that said so; `undefined` for what was said without one. */
  readonly of: LiveEvent | undefined
  /** What it becomes, with the names of what anticipated it. */
  readonly as: Op<unknown>
}

/** It shows nothing any more. Other queries show it until they have what takes its place. */
export function confirmPending(
  pendingMutations: PendingMutations,
  target: string,
  { pending, isGuess, of, as }: Confirmation,
): void {
  advancePending(pendingMutations, pending, isGuess ? 'guess' : 'sure')
  if (of) pendingMutations.echoes.set(of, { target, as })
}
