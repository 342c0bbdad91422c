/** The chat of a memory store, reached without waiting. */
import { type ChatRead, type ChatWork, roomChannel } from '../../../server/chat/domain/work.ts'
import type { ChatCore } from '../../../server/chat/live/core.ts'
import type { Steps } from '../../../server/chat/steps.ts'
import type { RoomRow, UserRow } from '../../../server/chat/tables/chatTables.ts'
import { everyRoom, everyUser } from '../../../server/chat/tables/memoryChatTables.ts'
import type { Head } from '../../../server/store.ts'
import type { MemoryStore } from '../../../server/stores/memoryStore.ts'
import { isMemoryStore } from '../toldStore.ts'

/** @throws Error, each of them, where the store is another one */
export interface ChatNow {
  write<T>(steps: (work: ChatWork) => Steps<T>): T
  read<T>(steps: (read: ChatRead) => Steps<T>): T
  /** In the order in which they came to be. */
  rooms(): readonly RoomRow[]
  users(): readonly UserRow[]
  headOf(room: RoomRow): Head
  epoch(): string
  renewEpoch(): void
  /** To those who have subscribed the room, and stored nowhere. */
  pass(room: RoomRow, text: string): void
  /** The connections that have subscribed the room, by what the kit calls them. */
  subscribers(room: RoomRow): readonly string[]
}

export function createChatNow(store: object, core: () => ChatCore): ChatNow {
  const memory = (): MemoryStore => {
    if (isMemoryStore(store)) return store
    throw new Error('This store cannot answer at once: use memoryStore(), or ask as a client does')
  }
  const headIn = (channel: string): Head =>
    memory()
      .snapshotNow([channel], () => undefined)
      .heads.get(channel) ?? { seq: 0, epoch: '' }
  return {
    write: (steps) => {
      memory()
      return core().writeNow(steps)
    },
    read: (steps) => {
      memory()
      return core().readNow(steps)
    },
    rooms: () => memory().snapshotNow([], everyRoom).result,
    users: () => memory().snapshotNow([], everyUser).result,
    headOf: ({ key }) => headIn(roomChannel(key)),
    epoch: () => headIn(roomChannel('')).epoch,
    renewEpoch: () => memory().renewEpochNow(),
    pass: ({ key }, text) => core().host.broadcast(roomChannel(key), text),
    subscribers: ({ key }) => [...core().host.subscribersOf(roomChannel(key))].map(({ id }) => id),
  }
}
