/** The outbox of a browser: records in IndexedDB, Web Locks to tell who is there, a BroadcastChannel to tell what has changed. */
import { createStore, promisifyRequest, type UseStore } from 'idb-keyval'
import type { OutboxStorage } from '../query/live/records.ts'
import { outboxStorage } from './outboxStorage.ts'
import type { OutboxRecord } from './record.ts'
import type { OutboxChannel, OutboxStore } from './store.ts'

export interface IndexedDbOutboxOptions {
  /** Of the database; one for each application of an origin. @default 'querywire-outbox' */
  readonly name?: string | undefined
}

/** What is kept is cloned, so that Blobs, Dates and the like come back as they were. Touches nothing before it is used. */
export function indexedDbOutbox({ name = 'querywire-outbox' }: IndexedDbOutboxOptions = {}): OutboxStorage {
  let open: UseStore | undefined
  const locks = findLocks()
  const store: OutboxStore = {
    async change(user, change) {
      try {
        open ??= createStore(name, 'sends')
        return await open('readwrite', (records) => changeIn(records, user, change))
      } catch (error) {
        // The browser has closed it (a full disk, data that was cleared): the next one opens it anew.
        if (Object(error).name === 'InvalidStateError') open = undefined
        throw error
      }
    },
    ...(locks && { lock: (lock, signal) => request(locks, `${lock}@${name}`, signal) }),
    ...(typeof BroadcastChannel === 'function' && {
      channel: (channel, heard) => openChannel(`${channel}@${name}`, heard),
    }),
  }
  return outboxStorage(store)
}

async function changeIn(
  store: IDBObjectStore,
  user: string,
  change: (kept: readonly OutboxRecord[]) => readonly OutboxRecord[],
): Promise<void> {
  // All keys that begin with the user: an array is behind every text.
  const kept: OutboxRecord[] = await promisifyRequest(store.getAll(IDBKeyRange.bound([user], [user, []])))
  try {
    const next = change(kept)
    const before = new Set(kept)
    const left = new Set(next.map(({ id }) => id))
    for (const record of next) if (!before.has(record)) store.put(record, [user, record.id])
    for (const { id } of kept) if (!left.has(id)) store.delete([user, id])
  } catch (error) {
    store.transaction.abort()
    throw error
  }
  await promisifyRequest(store.transaction)
}

function findLocks(): LockManager | undefined {
  try {
    return globalThis.navigator.locks
  } catch {
    // There is no navigator, or it gives a page none that may store nothing.
    return undefined
  }
}

const request = (locks: LockManager, name: string, signal: AbortSignal): Promise<() => void> =>
  new Promise((resolve, reject) => {
    locks.request(name, { signal }, () => new Promise<void>((letGo) => resolve(letGo))).catch(reject)
  })

function openChannel(name: string, heard: () => void): OutboxChannel {
  const channel = new BroadcastChannel(name)
  channel.onmessage = heard
  return { tell: () => channel.postMessage(null), close: () => channel.close() }
}
