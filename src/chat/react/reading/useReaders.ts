'use client'
import { useQuery } from '@tanstack/react-query'
import type { ChatMember, ChatMessage, RegisteredMember } from '../../model/data/types.ts'
import { useChat } from '../useChat.ts'
import { useHistory } from '../useMessages.ts'
import { usePlaces } from './usePlaces.ts'
import { useReadersOf } from './useReadersOf.ts'

const NO_MEMBERS: readonly ChatMember[] = []

/**
 * Others who have read a message, live, those who have read furthest last; nobody while it is not sent. `undefined`: nobody
 * knows, because members or history are not loaded, or do not reach back to it. For one message, as in its menu: the rows
 * of a list have `readersOf` of `useReadState`. Loads history and members of the message's room.
 */
export function useReaders<B extends ChatMember = RegisteredMember>(
  message: ChatMessage,
): readonly B[] | undefined {
  const chat = useChat()
  const { id, local, room_id: roomId } = message
  const { data: members } = useQuery(chat.members(roomId))
  const { pages } = useHistory(roomId)
  const placeOf = usePlaces(roomId, pages)
  const readersOf = useReadersOf((members ?? NO_MEMBERS) as readonly B[], placeOf)
  return local || (members && placeOf(id)) ? readersOf(message) : undefined
}
