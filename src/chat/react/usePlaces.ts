'use client'
import { useMemo } from 'react'
import type { OrderKey } from '../../query/index.ts'
import type { PlaceOf } from '../context.ts'
import { orderOf } from '../messages.ts'
import type { ChatMessage, Id } from '../types.ts'

/**
 * Where the messages of a room stand. Kept when a message goes: who has read as far as one that was deleted has read
 * what is before it.
 */
export function usePlaces(roomId: Id, messages: readonly ChatMessage[]): PlaceOf {
  const room = String(roomId)
  const known = useMemo(() => ({ room, places: new Map<string, OrderKey>() }), [room])
  // Another function for other messages, so that what is memoised by it is made anew.
  return useMemo(() => {
    const { places } = known
    for (const message of messages) {
      const isHere = String(message.room_id) === known.room
      if (isHere && !message.local) places.set(String(message.id), orderOf(message))
    }
    return (id) => places.get(String(id))
  }, [messages, known])
}
