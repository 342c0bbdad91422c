/** The rules of the chat on a store, without any server. */

import type { ChatRead, ChatWork } from '../../../src/server/chat/domain/work.ts'
import { CHAT_LIMITS, type ChatLimits } from '../../../src/server/chat/limits.ts'
import { run, type Steps } from '../../../src/server/chat/steps.ts'
import { migrate, tablesOf } from '../../../src/server/chat/tables/tablesOf.ts'
import type { Store } from '../../../src/server/store.ts'

export function createChatWork(
  store: Store<unknown>,
  own: Partial<ChatLimits> = {},
  createMessageId?: () => string,
) {
  const limits = { ...CHAT_LIMITS, ...own }
  let ids = 0
  let rooms = 0
  let seconds = 0
  return {
    migrate: () => store.transaction(({ tx }) => run(migrate(tx))),
    write: async <T>(steps: (work: ChatWork) => Steps<T>): Promise<T> => {
      const now = new Date(1_700_000_000_000 + ++seconds * 1_000).toISOString()
      const { result } = await store.transaction(({ tx, append }) =>
        run(
          steps({
            tables: tablesOf(tx),
            limits,
            append,
            now,
            createMessageId: createMessageId ?? (() => `m${++ids}`),
            createRoomId: () => `r${++rooms}`,
          }),
        ),
      )
      return result
    },
    read: async <T>(steps: (read: ChatRead) => Steps<T>): Promise<T> =>
      (await store.snapshot([], (tx) => run(steps({ tables: tablesOf(tx), limits })))).result,
  }
}
