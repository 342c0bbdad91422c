/** Everybody whom one shares one of one's last rooms with, by name. For as long as somebody asks for it. */
import { useQueries } from '@tanstack/react-query'
import { useMemo } from 'react'
import { type ChatUser, useChat, useChatRooms } from '../../../src/chat/index.ts'
import { useCurrentUser } from '../useCurrentUser.ts'

/** Each of them is one request; those before say who is around. */
const MOST_ROOMS = 20

export function useKnownPeople(isWanted: boolean) {
  const chat = useChat()
  const me = useCurrentUser()
  const { rooms, isLoading } = useChatRooms()
  const members = useQueries({
    queries: rooms
      // Of two, the list tells who the other is.
      .filter(({ peer }) => !peer)
      .slice(0, isWanted ? MOST_ROOMS : 0)
      .map(({ id }) => chat.members(id)),
  })
  const users = [
    ...rooms.flatMap(({ peer }) => peer ?? []),
    ...members.flatMap(({ data }) => data ?? []).map(({ user }) => user),
  ]
  // The same as long as nobody else comes to be known: members also change with all that they read.
  const text = JSON.stringify(users.map(({ id, username, avatar_url }) => ({ id, username, avatar_url })))
  const people = useMemo(() => {
    const byId = new Map((JSON.parse(text) as ChatUser[]).map((user) => [String(user.id), user]))
    if (me) byId.delete(String(me.id))
    return [...byId.values()].sort((a, b) => a.username.localeCompare(b.username))
  }, [text, me])
  return { people, isLoading: isLoading || members.some(({ isPending }) => isPending) }
}
