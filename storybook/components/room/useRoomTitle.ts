/**
 * What a room is called: a conversation of two by the other one, whoever looks. A back end that tells `peer` with such a
 * room spares one request for each of them.
 */
import { useQuery } from '@tanstack/react-query'
import { type ChatRoom, type ChatUser, useChat } from '../../../src/chat/index.ts'
import { type Id, isSame } from '../messageRows.ts'
import { useCurrentUser } from '../useCurrentUser.ts'

export interface RoomTitle {
  readonly name: string
  readonly imageUrl?: string | undefined
  /** The only other person in it. */
  readonly peer?: ChatUser | undefined
}

export function useRoomTitle(roomId: Id, room: ChatRoom | undefined): RoomTitle {
  const isDirect = room?.kind === 'direct'
  const told = isDirect ? (room.peer as ChatUser | undefined) : undefined
  const me = useCurrentUser()
  const { data: members } = useQuery({
    ...useChat().members(roomId),
    enabled: isDirect && told === undefined,
  })
  const others = members?.map(({ user }) => user).filter(({ id }) => !(me && isSame(id, me.id)))
  const peer = told ?? (isDirect && others?.length === 1 ? others[0] : undefined)
  return {
    name: peer?.username ?? room?.name ?? String(roomId),
    imageUrl: (peer ?? room)?.avatar_url ?? undefined,
    peer,
  }
}
