import { useMutationState, useQuery } from '@tanstack/react-query'
import { useChat, useChatRooms, useMessages } from 'querywire/chat'

/** Who is in a room, how one gets in and out, and what waits to be sent to it. */
export function RoomDetails({ roomId }: { roomId: string }) {
  const chat = useChat()
  const { joinRoom, leaveRoom } = useChatRooms()
  const { data: members = [] } = useQuery(chat.members(roomId))
  const { error } = useMessages(roomId)
  const { mutationKey } = chat.sendMessage(roomId)
  const waiting = useMutationState({ filters: { mutationKey, status: 'pending' } })

  if (error)
    return (
      <button type="button" onClick={() => joinRoom(roomId)}>
        {error.message} Join?
      </button>
    )
  return (
    <>
      <ul>
        {members.map(({ user, role }) => (
          <li key={user.id}>
            {user.username} {role}
          </li>
        ))}
      </ul>
      {waiting.length} to be sent{' '}
      <button type="button" onClick={() => leaveRoom(roomId)}>
        Leave
      </button>
    </>
  )
}
