/** Who has reacted to which message, in a memory store. */
import type { MemoryTables } from '../../stores/memoryTables.ts'
import { type ChatTables, type Key, MAX_NAMED, type ReactionRow } from './chatTables.ts'

export const table = (...name: readonly (string | number)[]) => `querywire chat ${JSON.stringify(name)}`

const reactionsTo = (room: Key, place: number) => table('reactions', room, place)

const reactionKey = ({ name, user }: ReactionRow) => JSON.stringify([name, user])

export function memoryReactions(tx: MemoryTables) {
  const reactions = (room: Key, place: number) =>
    tx.all<ReactionRow>(reactionsTo(room, place)).sort((a, b) => a.since - b.since)
  return {
    reactions,
    countedReactions: (room, places, viewer) =>
      places.flatMap((place) => {
        const users = new Map<string, Key[]>()
        for (const { name, user } of reactions(room, place))
          users.set(name, [...(users.get(name) ?? []), user])
        return [...users].map(([name, all]) => ({
          place,
          name,
          count: all.length,
          me: all.includes(viewer),
          users: all.sort().slice(0, MAX_NAMED),
        }))
      }),
    addReaction: (row) => tx.set(reactionsTo(row.room, row.place), reactionKey(row), row),
    removeReaction: (row) => tx.delete(reactionsTo(row.room, row.place), reactionKey(row)),
    clearReactions: (room, place) => {
      for (const row of reactions(room, place)) tx.delete(reactionsTo(room, place), reactionKey(row))
    },
  } satisfies Partial<ChatTables>
}
