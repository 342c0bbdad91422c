/**
 * Live mutations: what they show before the server knows, and until when. The MutationCache is the only store: an
 * optimistic op exists exactly as long as its mutation does and nothing has confirmed it.
 */

import type { LiveEvent } from '../../transport/port.ts'
import { NO_OPS, type Op } from '../fold/op.ts'
import type { Mutation, MutationCache } from '../tanstack.ts'
import { isNobody, isOwn } from './author.ts'
import type { PendingMutation, PendingMutationOptions, TargetedOp } from './pendingMutation.ts'
import { byTarget, createPending, optimisticOps, pendingBehind, writeSignature } from './pendingMutation.ts'

/** For whoever looks into what failed. */
const MAX_UNSEEN = 20

export interface PendingMutationsOptions extends PendingMutationOptions {
  readonly cache: MutationCache
  /** Called with a mutation that comes out of storage, once it is known to be of whoever is here. */
  readonly restored: (mutation: Mutation) => void
  readonly changed: () => void
}

export interface PendingMutations {
  readonly options: PendingMutationsOptions
  readonly all: Map<Mutation, PendingMutation>
  /** Out of storage, and not gone on with. */
  readonly waiting: Set<Mutation>
  /** Ops that lie over the data without a mutation, by whoever holds them. */
  readonly held: Map<object, readonly TargetedOp[]>
  /** Optimistic ops by `targetOf`; the same array while nothing changed. */
  ops: ReadonlyMap<string, readonly Op<unknown>[]>
  /** Something happened to one of them since `ops` was computed. */
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
    waiting: new Set(),
    held: new Map(),
    ops: new Map(),
    isStale: false,
    hasNews: false,
    echoes: new WeakMap(),
  }
}

/** Returns how to stop. */
export function startPendingMutations(pendingMutations: PendingMutations): () => void {
  const { cache, authors } = pendingMutations.options
  const stops = [
    cache.subscribe((event) => {
      const { type, mutation } = event
      if (!mutation) return
      if (type === 'added' || type === 'updated') trackMutation(pendingMutations, mutation)
      if (type === 'removed') dropMutation(pendingMutations, mutation)
      // An observer that renders hands its own options to its mutation, right after this.
      if (type === 'observerOptionsUpdated') queueMicrotask(() => renewSignature(mutation))
    }),
    authors.subscribe(pendingMutations, meetAuthors),
  ]
  for (const mutation of cache.getAll()) trackMutation(pendingMutations, mutation)
  return () => {
    for (const stop of stops) stop()
    pendingMutations.all.clear()
    pendingMutations.ops = new Map()
  }
}

/** For what is stored of it. */
export function renewSignature(mutation: Mutation): void {
  const pending = pendingBehind(mutation)
  if (pending) writeSignature(pending)
}

/** As of now: whoever shows them has every event so far in what lies below. */
export function opsFor(pendingMutations: PendingMutations, target: string): readonly Op<unknown>[] {
  computeOps(pendingMutations)
  return pendingMutations.ops.get(target) ?? NO_OPS
}

export function echoOf(
  { echoes }: PendingMutations,
  target: string,
  event: LiveEvent,
): Op<unknown> | undefined {
  const echo = echoes.get(event)
  return echo?.target === target ? echo.as : undefined
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
  const isShown = pendingMutations.ops.has(target)
  let found: Anticipated[] | undefined
  for (const pending of pendingMutations.all.values()) {
    const isGuessed = pending.confirmed === 'guess'
    if (pending.confirmed === 'sure' || !(isShown || isGuessed) || !isMine(pendingMutations, pending))
      continue
    for (const change of pending.changes) {
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
  pending.confirmed = isGuess ? 'guess' : 'sure'
  if (of) pendingMutations.echoes.set(of, { target, as })
  pendingMutations.isStale = true
}

interface Asked {
  readonly of: LiveEvent | undefined
  readonly confirms: (anticipated: Op<unknown>) => Op<unknown> | undefined
  readonly isGuess: boolean
}

/** The first optimistic op that `confirms` accepts is over; returns what it made of it. */
export function confirm(
  pendingMutations: PendingMutations,
  target: string,
  asked: Asked,
): Op<unknown> | undefined {
  const { of, confirms, isGuess } = asked
  // Another query of the same data was told of it first.
  if (of && pendingMutations.echoes.has(of)) return echoOf(pendingMutations, target, of)
  for (const { pending, op, isGuessed } of anticipatedFor(pendingMutations, target)) {
    const as = isGuess && isGuessed ? undefined : confirms(op)
    if (!as) continue
    confirmPending(pendingMutations, target, { pending, isGuess, of, as })
    return as
  }
  return undefined
}

export function isMine({ options: { authors } }: PendingMutations, { author }: PendingMutation): boolean {
  return isOwn(author, authors.now())
}

/** In place of what this one held before; below what mutations show. */
export function holdOps(
  pendingMutations: PendingMutations,
  holder: object,
  ops: readonly TargetedOp[],
): void {
  if (ops.length > 0) pendingMutations.held.set(holder, ops)
  else if (!pendingMutations.held.delete(holder)) return
  pendingMutations.isStale = true
  pendingMutations.options.changed()
}

export function setPhase(
  pendingMutations: PendingMutations,
  pending: PendingMutation,
  phase: PendingMutation['phase'],
): void {
  pending.phase = phase
  pending.wasSent ||= phase === 'sending'
  writeSignature(pending)
  pendingMutations.isStale = true
  pendingMutations.options.changed()
}

/** Other variables in place of its own: kept with the mutation, shown, and sent by its next attempt. */
export function amendVariables({ options }: PendingMutations, mutation: Mutation, variables: unknown): void {
  mutation.state = { ...mutation.state, variables }
  options.cache.notify({ type: 'updated', mutation, action: { type: 'continue' } })
}

/** One's own only. */
export function findPending(
  pendingMutations: PendingMutations,
  name: string,
  clientId: string,
): PendingMutation | undefined {
  for (const pending of pendingMutations.all.values()) {
    if (
      pending.definition.name === name &&
      pending.clientId === clientId &&
      isMine(pendingMutations, pending)
    )
      return pending
  }
  return undefined
}

/** Everything that is not somebody else's. */
export function removeOwnMutations(pendingMutations: PendingMutations): void {
  const { options, all } = pendingMutations
  for (const pending of [...all.values()])
    if (isMine(pendingMutations, pending) || isNobody(pending.author.who))
      options.cache.remove(pending.mutation)
}

function trackMutation(pendingMutations: PendingMutations, mutation: Mutation): void {
  const { all, waiting, options } = pendingMutations
  const known = all.get(mutation)
  // One that was removed while it ran is heard of once more, when it ends.
  const pending =
    known ?? (pendingBehind(mutation)?.abort.signal.aborted ? undefined : createPending(options, mutation))
  if (!pending) return
  all.set(mutation, pending)
  if (!known && pending.wasTried) waiting.add(mutation)
  resumeRestored(pendingMutations)
  if (isUnseen(pending)) removeOldUnseen(pendingMutations)
  pendingMutations.isStale = true
  options.changed()
}

function meetAuthors(pendingMutations: PendingMutations): void {
  const { options, all } = pendingMutations
  for (const pending of all.values()) {
    // What is known by now of the author of what is one's own.
    if (isMine(pendingMutations, pending))
      pending.author.who = { ...pending.author.who, ...options.authors.begin().who }
    writeSignature(pending)
  }
  resumeRestored(pendingMutations)
  pendingMutations.isStale = true
  options.changed()
}

function resumeRestored(pendingMutations: PendingMutations): void {
  for (const mutation of pendingMutations.waiting) {
    const pending = pendingMutations.all.get(mutation)
    if (pending && !isMine(pendingMutations, pending)) continue
    pendingMutations.waiting.delete(mutation)
    if (pending) pendingMutations.options.restored(mutation)
  }
}

/** Failed, and not on screen to be tried again or discarded. */
function isUnseen(pending: PendingMutation): boolean {
  return pending.mutation.state.status === 'error' && optimisticOps(pending).length === 0
}

function removeOldUnseen({ all, options }: PendingMutations): void {
  const [oldest, ...others] = [...all.values()].filter(isUnseen)
  if (oldest && others.length >= MAX_UNSEEN) options.cache.remove(oldest.mutation)
}

function dropMutation(pendingMutations: PendingMutations, mutation: Mutation): void {
  const { all, waiting, options } = pendingMutations
  pendingBehind(mutation)?.abort.abort()
  waiting.delete(mutation)
  if (!all.delete(mutation)) return
  pendingMutations.isStale = true
  options.changed()
}

/** Whether what is shown has changed since it was last asked; what is done for good leaves. */
export function refreshOps(pendingMutations: PendingMutations): boolean {
  computeOps(pendingMutations)
  if (!pendingMutations.hasNews) return false
  pendingMutations.hasNews = false
  for (const { confirmed, mutation } of [...pendingMutations.all.values()]) {
    // Confirmed although the reply never came (an error): it was sent all the same.
    const isOver = confirmed && mutation.state.status !== 'pending'
    if (isOver && pendingMutations.all.delete(mutation)) pendingMutations.options.cache.remove(mutation)
  }
  return true
}

function computeOps(pendingMutations: PendingMutations): void {
  if (!pendingMutations.isStale) return
  pendingMutations.isStale = false
  pendingMutations.hasNews = true
  const shown = [...pendingMutations.held.values()]
  for (const pending of pendingMutations.all.values()) {
    const { status } = pending.mutation.state
    // It was somebody's words after all, written elsewhere.
    if (pending.confirmed === 'guess' && status === 'error') pending.confirmed = undefined
    if (pending.confirmed || status === 'idle' || !isMine(pendingMutations, pending)) continue
    shown.push(optimisticOps(pending))
  }
  pendingMutations.ops = byTarget(shown, pendingMutations.ops)
}
