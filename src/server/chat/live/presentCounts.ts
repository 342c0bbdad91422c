/** How many are there, to those who are looking at a large room. */
import { roomChannel } from '../domain/work.ts'
import { wait } from '../steps.ts'
import type { Key } from '../tables/chatTables.ts'
import type { ChatCore } from './core.ts'

const COUNT_MS = 2_000

export function createPresentCounts(core: ChatCore) {
  const { host } = core
  const waiting = new Map<Key, () => void>()
  async function tell(room: Key): Promise<void> {
    waiting.delete(room)
    const { result } = await core.read([], function* ({ tables }) {
      const row = yield* wait(tables.room(room))
      return row && { id: row.body.id, online: yield* wait(tables.countPresent(room)) }
    })
    if (!result) return
    const data = { room_id: result.id, online: result.online }
    const text = JSON.stringify({ type: 'room_presence', room_id: result.id, data })
    for (const connection of host.subscribersOf(roomChannel(room))) host.send(connection, text)
  }
  return {
    moved: (room: Key) => {
      if (waiting.has(room)) return
      const cancel = host.environment.setTimer(() => void tell(room).catch(host.fail), COUNT_MS)
      waiting.set(room, cancel)
    },
    close: () => {
      for (const cancel of waiting.values()) cancel()
    },
  }
}
