/** Follows the MutationCache, which is the only store, and who is here: which mutations are pending, and whose they are. */

import type { Mutation } from '../tanstack.ts'
import { isNobody, isSame } from './author.ts'
import {
  createPending,
  optimisticOps,
  type PendingMutation,
  pendingBehind,
  renewSignature,
  writeSignature,
} from './pendingMutation.ts'
import { isMine, type PendingMutations, showChanges } from './pendingMutations.ts'
import { statusOf } from './sendState.ts'

/** For whoever looks into what failed. */
const MAX_UNSEEN = 20

/** Returns how to stop. */
export function watchMutations(pendingMutations: PendingMutations): () => void {
  const { cache, authors } = pendingMutations.options
  const stops = [
    cache.subscribe(({ type, mutation }) => {
      if (!mutation) return
      if (type === 'added' || type === 'updated') trackMutation(pendingMutations, mutation)
      if (type === 'removed') dropMutation(pendingMutations, mutation)
      // An observer that renders hands its own options to its mutation, right after this.
      if (type === 'observerOptionsUpdated') queueMicrotask(() => renewSignature(mutation))
    }),
    authors.subscribe(pendingMutations, meetAuthor),
  ]
  for (const mutation of cache.getAll()) trackMutation(pendingMutations, mutation)
  return () => {
    for (const stop of stops) stop()
    pendingMutations.all.clear()
    pendingMutations.ops = new Map()
    pendingMutations.shown = []
  }
}

/** Everything that is not somebody else's. */
export function removeOwnMutations(pendingMutations: PendingMutations): void {
  const { options, all } = pendingMutations
  for (const pending of [...all.values()]) {
    const isOwn = isMine(pendingMutations, pending) || isNobody(pending.author.who)
    if (isOwn) options.cache.remove(pending.mutation)
  }
}

function trackMutation(pendingMutations: PendingMutations, mutation: Mutation): void {
  const { all, restored, options } = pendingMutations
  const known = all.get(mutation)
  // One that was removed while it ran is heard of once more, when it ends.
  const isDiscarded = pendingBehind(mutation)?.abort.signal.aborted
  const pending = known ?? (isDiscarded ? undefined : createPending(options, mutation))
  if (!pending) return
  all.set(mutation, pending)
  if (!known && pending.state.progress !== 'fresh') restored.add(pending)
  resumeRestored(pendingMutations)
  if (isUnseen(pending)) removeOldUnseen(pendingMutations)
  showChanges(pendingMutations)
}

function dropMutation(pendingMutations: PendingMutations, mutation: Mutation): void {
  const pending = pendingBehind(mutation)
  if (!pending) return
  pending.abort.abort()
  pendingMutations.restored.delete(pending)
  if (pendingMutations.all.delete(mutation)) showChanges(pendingMutations)
}

function meetAuthor(pendingMutations: PendingMutations): void {
  const { options, all } = pendingMutations
  for (const pending of all.values()) {
    const { author } = pending
    const { who } = options.authors.begin()
    // What is known by now of the author of what is one's own; not of the next one, whom the application may know already.
    const isSameOne = isMine(pendingMutations, pending) && isSame(author.who, who) !== false
    if (isSameOne) author.who = { ...author.who, ...who }
    writeSignature(pending)
  }
  resumeRestored(pendingMutations)
  showChanges(pendingMutations)
}

function resumeRestored(pendingMutations: PendingMutations): void {
  const { restored, options } = pendingMutations
  for (const pending of restored) {
    if (!isMine(pendingMutations, pending)) continue
    restored.delete(pending)
    options.resume(pending.mutation)
  }
}

/** Failed, and not on screen to be tried again or discarded. */
function isUnseen(pending: PendingMutation): boolean {
  return statusOf(pending) === 'failed' && optimisticOps(pending).length === 0
}

function removeOldUnseen({ all, options }: PendingMutations): void {
  const [oldest, ...others] = [...all.values()].filter(isUnseen)
  if (oldest && others.length >= MAX_UNSEEN) options.cache.remove(oldest.mutation)
}
