/**
 * Live mutations: what they show before the server knows, and until when. The MutationCache is the only store: an
 * optimistic op exists exactly as long as its mutation does and nothing has confirmed it.
 */

import type { LiveEvent } from '../../transport/port.ts'
import { NO_OPS, type Op } from '../fold/op.ts'
import type { Mutation, MutationCache } from '../tanstack.ts'
import { isNobody, isOwn } from './author.ts'
import type { Row, RowOptions, TargetedOp } from './pendingMutation.ts'
import { byTarget, changesOf, createRow, rowBehind, sign } from './pendingMutation.ts'

/** For whoever looks into what failed. */
const MAX_UNSEEN = 20

export interface OutboxOptions extends RowOptions {
  readonly cache: MutationCache
  /** Called with a mutation that comes out of storage, once it is known to be of whoever is here. */
  readonly restored: (mutation: Mutation) => void
  readonly changed: () => void
}

export interface Outbox {
  readonly options: OutboxOptions
  readonly rows: Map<Mutation, Row>
  /** Out of storage, and not gone on with. */
  readonly waiting: Set<Mutation>
  /** Ops that lie over the data without a mutation, by whoever holds them. */
  readonly held: Map<object, readonly TargetedOp[]>
  /** Optimistic ops by `targetOf`; the same array while nothing changed. */
  ops: ReadonlyMap<string, readonly Op<unknown>[]>
  /** Something happened to a row since `ops` was computed. */
  isStale: boolean
  /** `ops` was computed, and not every query has been told. */
  hasNews: boolean
  /** Events that were what a row waited for, and what they became with its names. Late first loads meet them again. */
  readonly echoes: WeakMap<LiveEvent, { readonly target: string; readonly as: Op<unknown> }>
}

export function createOutbox(options: OutboxOptions): Outbox {
  return {
    options,
    rows: new Map(),
    waiting: new Set(),
    held: new Map(),
    ops: new Map(),
    isStale: false,
    hasNews: false,
    echoes: new WeakMap(),
  }
}

/** Returns how to stop. */
export function startOutbox(outbox: Outbox): () => void {
  const { cache, authors } = outbox.options
  const stops = [
    cache.subscribe((event) => {
      const { type, mutation } = event
      if (!mutation) return
      if (type === 'added' || type === 'updated') take(outbox, mutation)
      if (type === 'removed') drop(outbox, mutation)
      // An observer that renders hands its own options to its mutation, right after this.
      if (type === 'observerOptionsUpdated') queueMicrotask(() => resign(mutation))
    }),
    authors.subscribe(outbox, meetAuthors),
  ]
  for (const mutation of cache.getAll()) take(outbox, mutation)
  return () => {
    for (const stop of stops) stop()
    outbox.rows.clear()
    outbox.ops = new Map()
  }
}

/** For what is stored of it. */
export function resign(mutation: Mutation): void {
  const row = rowBehind(mutation)
  if (row) sign(row)
}

/** As of now: whoever shows them has every event so far in what lies below. */
export function opsFor(outbox: Outbox, target: string): readonly Op<unknown>[] {
  compute(outbox)
  return outbox.ops.get(target) ?? NO_OPS
}

export function echoOf({ echoes }: Outbox, target: string, event: LiveEvent): Op<unknown> | undefined {
  const echo = echoes.get(event)
  return echo?.target === target ? echo.as : undefined
}

/** What an event may yet turn out to be, for one target. */
export interface Anticipated {
  readonly pending: Row
  readonly op: Op<unknown>
  /** Something was taken for it already; only what is surely it takes that one's place. */
  readonly isGuessed: boolean
}

/** One constant for "none", which is what most events find. */
const NONE_ANTICIPATED: readonly Anticipated[] = []

/** Of one's own, in the order in which it was begun. */
export function anticipatedFor(outbox: Outbox, target: string): readonly Anticipated[] {
  const isShown = outbox.ops.has(target)
  let found: Anticipated[] | undefined
  for (const pending of outbox.rows.values()) {
    const isGuessed = pending.confirmed === 'guess'
    if (pending.confirmed === 'sure' || !(isShown || isGuessed) || !isMine(outbox, pending)) continue
    for (const change of pending.changes) {
      if (change.target !== target) continue
      found ??= []
      found.push({ pending, op: change.op, isGuessed })
    }
  }
  return found ?? NONE_ANTICIPATED
}

export interface Confirmation {
  readonly pending: Row
  /** It may be something else after all. */
  readonly isGuess: boolean
  /** The event that said so; `undefined` for what was said without one. */
  readonly of: LiveEvent | undefined
  /** What it becomes, with the names of what anticipated it. */
  readonly as: Op<unknown>
}

/** It shows nothing any more. Other queries show it until they have what takes its place. */
export function confirmPending(
  outbox: Outbox,
  target: string,
  { pending, isGuess, of, as }: Confirmation,
): void {
  pending.confirmed = isGuess ? 'guess' : 'sure'
  if (of) outbox.echoes.set(of, { target, as })
  outbox.isStale = true
}

interface Asked {
  readonly of: LiveEvent | undefined
  readonly confirms: (pending: Op<unknown>) => Op<unknown> | undefined
  readonly isGuess: boolean
}

/** The first optimistic op that `confirms` accepts is over; returns what it made of it. */
export function confirm(outbox: Outbox, target: string, asked: Asked): Op<unknown> | undefined {
  const { of, confirms, isGuess } = asked
  // Another query of the same data was told of it first.
  if (of && outbox.echoes.has(of)) return echoOf(outbox, target, of)
  for (const { pending, op, isGuessed } of anticipatedFor(outbox, target)) {
    const as = isGuess && isGuessed ? undefined : confirms(op)
    if (!as) continue
    confirmPending(outbox, target, { pending, isGuess, of, as })
    return as
  }
  return undefined
}

export function isMine({ options: { authors } }: Outbox, { author }: Row): boolean {
  return isOwn(author, authors.now())
}

/** In place of what this one held before; below what mutations show. */
export function hold(outbox: Outbox, holder: object, ops: readonly TargetedOp[]): void {
  if (ops.length > 0) outbox.held.set(holder, ops)
  else if (!outbox.held.delete(holder)) return
  outbox.isStale = true
  outbox.options.changed()
}

export function setPhase(outbox: Outbox, row: Row, phase: Row['phase']): void {
  row.phase = phase
  row.wasSent ||= phase === 'sending'
  sign(row)
  outbox.isStale = true
  outbox.options.changed()
}

/** Other variables in place of its own: kept with the mutation, shown, and sent by its next attempt. */
export function amend({ options }: Outbox, mutation: Mutation, variables: unknown): void {
  mutation.state = { ...mutation.state, variables }
  options.cache.notify({ type: 'updated', mutation, action: { type: 'continue' } })
}

/** One's own only. */
export function findRow(outbox: Outbox, name: string, clientId: string): Row | undefined {
  for (const row of outbox.rows.values()) {
    if (row.definition.name === name && row.clientId === clientId && isMine(outbox, row)) return row
  }
  return undefined
}

/** Everything that is not somebody else's. */
export function forgetOwn(outbox: Outbox): void {
  const { options, rows } = outbox
  for (const row of [...rows.values()])
    if (isMine(outbox, row) || isNobody(row.author.who)) options.cache.remove(row.mutation)
}

function take(outbox: Outbox, mutation: Mutation): void {
  const { rows, waiting, options } = outbox
  const known = rows.get(mutation)
  // One that was removed while it ran is heard of once more, when it ends.
  const row = known ?? (rowBehind(mutation)?.abort.signal.aborted ? undefined : createRow(options, mutation))
  if (!row) return
  rows.set(mutation, row)
  if (!known && row.wasTried) waiting.add(mutation)
  resume(outbox)
  if (isUnseen(row)) removeOldUnseen(outbox)
  outbox.isStale = true
  options.changed()
}

function meetAuthors(outbox: Outbox): void {
  const { options, rows } = outbox
  for (const row of rows.values()) {
    // What is known by now of the author of what is one's own.
    if (isMine(outbox, row)) row.author.who = { ...row.author.who, ...options.authors.begin().who }
    sign(row)
  }
  resume(outbox)
  outbox.isStale = true
  options.changed()
}

function resume(outbox: Outbox): void {
  for (const mutation of outbox.waiting) {
    const row = outbox.rows.get(mutation)
    if (row && !isMine(outbox, row)) continue
    outbox.waiting.delete(mutation)
    if (row) outbox.options.restored(mutation)
  }
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
  const { rows, waiting, options } = outbox
  rowBehind(mutation)?.abort.abort()
  waiting.delete(mutation)
  if (!rows.delete(mutation)) return
  outbox.isStale = true
  options.changed()
}

/** Whether what is shown has changed since it was last asked; what is done for good leaves. */
export function refresh(outbox: Outbox): boolean {
  compute(outbox)
  if (!outbox.hasNews) return false
  outbox.hasNews = false
  for (const { confirmed, mutation } of [...outbox.rows.values()]) {
    // Confirmed although the reply never came (an error): it was sent all the same.
    const isOver = confirmed && mutation.state.status !== 'pending'
    if (isOver && outbox.rows.delete(mutation)) outbox.options.cache.remove(mutation)
  }
  return true
}

function compute(outbox: Outbox): void {
  if (!outbox.isStale) return
  outbox.isStale = false
  outbox.hasNews = true
  const shown = [...outbox.held.values()]
  for (const row of outbox.rows.values()) {
    const { status } = row.mutation.state
    // It was somebody's words after all, written elsewhere.
    if (row.confirmed === 'guess' && status === 'error') row.confirmed = undefined
    if (row.confirmed || status === 'idle' || !isMine(outbox, row)) continue
    shown.push(changesOf(row))
  }
  outbox.ops = byTarget(shown, outbox.ops)
}
