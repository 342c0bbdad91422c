/** What a piece of work has changed: stored together, or taken back together. */

import { RequestError } from '../../server/requestError.ts'
import type { ChatServerEvent } from './hub.ts'
import { type ChatStore, changeName, type StoreChange } from './store.ts'

interface Entry {
  readonly undo: () => void
  readonly change?: StoreChange
  readonly event?: ChatServerEvent
}

export interface Journal {
  add(entry: Entry): void
  /**
   * Runs the work and stores what it changed. When it throws, or the store does, everything is as it was before.
   *
   * @throws what the work throws; `unavailable` when the store failed
   */
  atomically<Result>(run: () => Result): Result
}

export interface JournalParts {
  readonly store: ChatStore | undefined
  readonly outbox: { mark(): number; truncate(mark: number): void }
  readonly emit: (event: ChatServerEvent) => void
}

const TRY_AGAIN_MS = 1000

export function createJournal(parts: JournalParts): Journal {
  const { outbox, emit } = parts
  let entries: Entry[] = []
  let depth = 0
  /** Only the outermost work stores: what is within it may still be taken back. */
  const commit = () => {
    if (depth > 1) return
    write(parts, entries)
    const done = entries
    entries = []
    for (const { event } of done) if (event) emit(event)
  }
  return {
    add: (entry) => void entries.push(entry),
    atomically: (run) => {
      const first = entries.length
      const mark = outbox.mark()
      depth += 1
      try {
        const result = run()
        commit()
        return result
      } catch (error) {
        outbox.truncate(mark)
        for (const { undo } of entries.splice(first).reverse()) undo()
        throw error
      } finally {
        depth -= 1
      }
    },
  }
}

function write({ store, emit }: JournalParts, entries: readonly Entry[]): void {
  const changes = new Map<string, StoreChange>()
  for (const { change } of entries) if (change) changes.set(changeName(change), change)
  if (!store || changes.size === 0) return
  try {
    store.write([...changes.values()])
  } catch (error) {
    emit({ type: 'failed', error })
    throw new RequestError('unavailable', 'What this would change cannot be stored now', {
      retry_after_ms: TRY_AGAIN_MS,
    })
  }
}
