'use client'
import { useCallback, useMemo } from 'react'
import { compareKeys } from '../../../query/index.ts'
import { type ChatMember, type ChatMessage, type Id, sameId } from '../../model/data/types.ts'
import type { PlaceOf } from '../../model/session/context.ts'
import { useChatContext } from '../useChat.ts'

/** Others who have read up to a message or further, those who have read furthest last. */
export function useReadersOf<B extends ChatMember>(members: readonly B[], placeOf: PlaceOf) {
  const me = useChatContext().currentUser()?.id
  const readers = useMemo(() => byPlace(members, placeOf, me), [members, placeOf, me])
  return useCallback(
    (message: ChatMessage): readonly B[] => {
      const place = message.local ? undefined : placeOf(message.id)
      if (!place) return []
      const from = readers.findLastIndex((reader) => compareKeys(reader.place, place) < 0) + 1
      const upToHere = readers.slice(from).map(({ member }) => member)
      return upToHere.filter(({ user }) => !sameId(user.id, message.sender?.id))
    },
    [readers, placeOf],
  )
}

/** Sorted once, so that a room of thousands does not look at each of them for every message. */
function byPlace<B extends ChatMember>(members: readonly B[], placeOf: PlaceOf, me: Id | undefined) {
  const readers = members.flatMap((member) => {
    const place = sameId(member.user.id, me) ? undefined : placeOf(member.last_read_message_id ?? null)
    return place ? [{ member, place }] : []
  })
  return readers.sort((a, b) => compareKeys(a.place, b.place))
}
