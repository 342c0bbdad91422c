/** A store that tells what was committed, before anybody else hears of it. */
import type { Committed, LoggedEvent, Store } from '../../server/store.ts'
import type { MemoryStore } from '../../server/stores/memoryStore.ts'

/** Whether it answers at once. */
export const isMemoryStore = (store: object): store is MemoryStore => 'transactionNow' in store

export function toldStore(
  store: Store<unknown>,
  onCommit: (events: readonly LoggedEvent[]) => void,
): Store<unknown> {
  const told = <Result>(done: Committed<Result>): Committed<Result> => {
    onCommit(done.events)
    return done
  }
  const telling: Store<unknown> = {
    ...store,
    transaction: async (work, once) => told(await store.transaction(work, once)),
  }
  if (!isMemoryStore(store)) return telling
  const atOnce: Pick<MemoryStore, 'transactionNow'> = {
    transactionNow: (work) => told(store.transactionNow(work)),
  }
  return Object.assign(telling, atOnce)
}
