/**
 * What was removed and may still be brought back, written down: in the browser's storage, which outlives the page, and in
 * memory, where that refuses. Each is its author's, and nothing of what it said is kept. Knows no React, and asks for nothing.
 */
import { type Id, isSame } from '../messageRows.ts'

export interface HeldRemoval {
  readonly authorId: Id
  readonly roomId: Id
  readonly messageId: Id
  /** When it can be brought back no longer; milliseconds since 1970. */
  readonly dueAt: number
}

const PREFIX = 'querywire.removal/'

/** An entry of its own for each: tabs that write at once take nothing from each other. */
const entryOf = ({ authorId, roomId, messageId }: HeldRemoval) =>
  PREFIX + JSON.stringify([authorId, roomId, messageId].map(String))

const memory = new Map<string, HeldRemoval>()

export function writeDown(removal: HeldRemoval): void {
  const entry = entryOf(removal)
  memory.set(entry, removal)
  storage((stored) => stored.setItem(entry, JSON.stringify(removal)))
}

/** False: somebody else has struck it out, here or in another tab. */
export function strikeOut(removal: HeldRemoval): boolean {
  const entry = entryOf(removal)
  const wasStored = storage((stored) => stored.getItem(entry) !== null)
  storage((stored) => stored.removeItem(entry))
  return memory.delete(entry) || wasStored === true
}

/** Of all tabs, and of those that are gone. */
export function writtenDown(authorId: Id, roomId: Id): readonly HeldRemoval[] {
  const found = new Map(memory)
  for (const [entry, text] of storage(Object.entries<string>) ?? []) {
    const removal = entry.startsWith(PREFIX) && parsed(text)
    if (removal) found.set(entry, removal)
  }
  return [...found.values()].filter((one) => isSame(one.authorId, authorId) && isSame(one.roomId, roomId))
}

function storage<Result>(run: (stored: Storage) => Result): Result | undefined {
  try {
    return run(localStorage)
  } catch {
    // Refused: private mode, or full. What is in memory is all there is.
    return undefined
  }
}

function parsed(text: string): HeldRemoval | undefined {
  try {
    const { authorId, roomId, messageId, dueAt } = Object(JSON.parse(text))
    const isWhole = [authorId, roomId, messageId].every(isId) && typeof dueAt === 'number'
    return isWhole ? { authorId, roomId, messageId, dueAt } : undefined
  } catch {
    // Not written here.
    return undefined
  }
}

const isId = (id: unknown) => typeof id === 'string' || typeof id === 'number'
