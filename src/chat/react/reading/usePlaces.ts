'use client'
import { useMemo } from 'react'
import { compareKeys, type OrderKey } from '../../../query/index.ts'
import type { ChatMessage, Id } from '../../model/data/types.ts'
import { orderOf } from '../../model/messages/messages.ts'
import type { PlaceOf } from '../../model/session/context.ts'

interface Known {
  readonly room: string
  readonly places: Map<string, OrderKey>
  /** The messages that were looked at last. */
  messages: readonly ChatMessage[]
}

/**
 * Where the messages of a room stand, no two at the same place. Kept when a message goes: who has read as far as one
 * that was deleted has read what is before it.
 */
export function usePlaces(roomId: Id, messages: readonly ChatMessage[]): PlaceOf {
  const room = String(roomId)
  const known = useMemo((): Known => ({ room, places: new Map(), messages: [] }), [room])
  // Another function for other messages, so that what is memoised by it is made anew.
  return useMemo(() => {
    placeAll(known, messages)
    return (id) => known.places.get(String(id))
  }, [messages, known])
}

function placeAll(known: Known, messages: readonly ChatMessage[]): void {
  const { room, places } = known
  const isShown = (message: ChatMessage) => String(message.room_id) === room && !message.local
  // Nearly always all of them are known but the last.
  let from = 0
  while (from < messages.length && messages[from] === known.messages[from]) from++
  known.messages = messages
  let before = places.get(String(messages.slice(0, from).findLast(isShown)?.id))
  for (const message of messages.slice(from).filter(isShown)) {
    const order = orderOf(message)
    const isSame = before && compareKeys(order, before) === 0
    before = [...order, isSame ? Number(before?.at(-1)) + 1 : 0]
    places.set(String(message.id), before)
  }
}
