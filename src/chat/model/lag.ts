/** Notices that the list of rooms tells of a message which the history on screen lacks: it was lost on the way. */

import { Preview } from '../../frames/index.ts'
import { compareKeys, type TimelineData } from '../../query/index.ts'
import { fitsOf } from './data/fit.ts'
import { type ChatMessage, type Id, isId, sameId } from './data/types.ts'
import { MESSAGES, orderOf } from './messages/messages.ts'
import type { ChatContext } from './session/context.ts'
import { channelOf } from './session/membership.ts'

/** One of two frames that belong together is usually just behind the other. Milliseconds. */
const PATIENCE_MS = 200

/** As much of a message as is compared. */
type Place = Pick<ChatMessage, 'id' | 'seq' | 'timestamp'>

interface Told {
  readonly id?: Id
  readonly last_message?: ChatMessage | null
}

/** Returns what hears of a room, and what ends the watch. */
export function watchLag({ live, manager: { port }, endpoints }: ChatContext) {
  const isPreview = fitsOf(Preview)
  /**
   * By room, while its history is on screen. Once for each message: who cannot be told of it now will not be told by asking
   * again.
   */
  const heard = new Map<string, Place>()
  /** By room; of several messages the last one tells of all. */
  const timers = new Map<string, () => void>()

  function look(roomId: Id, message: Place): void {
    const loaded = live.current(MESSAGES, { roomId }) as TimelineData<ChatMessage>[]
    if (loaded.length === 0) heard.delete(String(roomId))
    if (!loaded.some((data) => lacks(data, message))) return
    // Asking for the subscription is right where the server has forgotten it; being connected cannot be forgotten.
    if (endpoints.room) live.refresh(MESSAGES, { roomId })
    else port.renew(channelOf(endpoints, roomId))
  }

  function watch(roomId: Id, message: Place): void {
    const key = String(roomId)
    const cancel = port.clock.setTimer(() => {
      timers.delete(key)
      const last = heard.get(key) ?? message
      look(roomId, message)
      if (last !== message) watch(roomId, last)
    }, PATIENCE_MS)
    timers.set(key, cancel)
  }

  function clear(): void {
    for (const cancel of timers.values()) cancel()
    timers.clear()
    heard.clear()
  }

  const unsubscribe = port.identity?.subscribe((isOther) => isOther && clear())
  return {
    hear({ id: roomId, last_message: message }: Told): void {
      if (!isId(roomId) || !message || !isPreview(message)) return
      const key = String(roomId)
      if (sameId(heard.get(key)?.id, message.id)) return
      const { id, seq, timestamp } = message
      const place = { id, seq, timestamp }
      heard.set(key, place)
      if (!timers.has(key)) watch(roomId, place)
    },
    stop(): void {
      unsubscribe?.()
      clear()
    },
  }
}

function lacks({ pages: [newest] }: TimelineData<ChatMessage>, message: Place): boolean {
  if (!newest || newest.hasNewer) return false
  const last = newest.items.findLast(({ local }) => !local)
  const isOlder = last && compareKeys(orderOf(message), orderOf(last)) < 0
  return !isOlder && !newest.items.some(({ id }) => sameId(id, message.id))
}
