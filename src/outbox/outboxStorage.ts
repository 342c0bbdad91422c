/** Any storage, as one that `live.persistOutbox` takes. */
import type { OutboxStorage } from '../query/live/records.ts'
import { createOutbox } from './createOutbox.ts'
import type { OutboxStore } from './store.ts'
import { createWriter, type Write } from './writer.ts'

/**
 * For storages of one's own: React Native, tests.
 *
 * @example
 * ```ts
 * const storage = outboxStorage({
 *   keepsFiles: false,
 *   async change(user, change) {
 *     const key = `outbox/${user}`
 *     const kept = JSON.parse((await AsyncStorage.getItem(key)) ?? '[]')
 *     await AsyncStorage.setItem(key, JSON.stringify(change(kept)))
 *   },
 * })
 * live.persistOutbox({ storage, user: () => session.userId })
 * ```
 */
export function outboxStorage(store: OutboxStore): OutboxStorage {
  const writers = new Map<string, Write>()
  const writerOf = (user: string) => {
    const writer = writers.get(user) ?? createWriter(store, user)
    writers.set(user, writer)
    return writer
  }
  return { open: (client, options) => createOutbox(client, options, { store, writerOf }) }
}
