export { type IndexedDbOutboxOptions, indexedDbOutbox } from './indexedDbOutbox.ts'
export { outboxStorage } from './outboxStorage.ts'
export type { OutboxRecord } from './record.ts'
export type { OutboxChannel, OutboxStore } from './store.ts'
