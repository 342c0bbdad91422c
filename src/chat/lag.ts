/** Notices that the list of rooms tells of a message which the history on screen lacks: it was lost on the way. */
import { compareKeys, type TimelineData } from '../query/index.ts'
import type { ChatContext } from './context.ts'
import { channelOf } from './membership.ts'
import { MESSAGES, orderOf } from './messages.ts'
import { type ChatMessage, type Id, sameId } from './types.ts'

/** One of two frames that belong together is usually just behind the other. Milliseconds. */
const PATIENCE_MS = 200

interface Told {
  readonly id?: Id
  readonly last_message?: ChatMessage | null
}

/** Returns what hears of a room, and what ends the watch. */
export function watchLag({ live, manager: { port }, endpoints }: ChatContext) {
  /** Once for each message: who cannot be told of it now will not be told by asking again. */
  const heard = new Map<string, Id>()
  const timers = new Set<() => void>()

  function look(roomId: Id, message: ChatMessage): void {
    const loaded = live.current(MESSAGES, { roomId }) as TimelineData<ChatMessage>[]
    if (!loaded.some((data) => lacks(data, message))) return
    // Asking for the subscription is right where the server has forgotten it; being connected cannot be forgotten.
    if (endpoints.room) live.refresh(MESSAGES, { roomId })
    else port.renew(channelOf(endpoints, roomId))
  }

  return {
    hear({ id, last_message: message }: Told): void {
      if (id === undefined || typeof message?.timestamp !== 'string') return
      if (sameId(heard.get(String(id)), message.id)) return
      heard.set(String(id), message.id)
      const cancel = port.clock.setTimer(() => {
        timers.delete(cancel)
        look(id, message)
      }, PATIENCE_MS)
      timers.add(cancel)
    },
    stop(): void {
      for (const cancel of timers) cancel()
    },
  }
}

function lacks({ pages: [newest] }: TimelineData<ChatMessage>, message: ChatMessage): boolean {
  if (!newest || newest.hasNewer) return false
  const last = newest.items.findLast(({ local }) => !local)
  const isOlder = last && compareKeys(orderOf(message), orderOf(last)) < 0
  return !isOlder && !newest.items.some(({ id }) => sameId(id, message.id))
}
