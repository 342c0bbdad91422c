import { useChatRooms } from 'querywire/chat'

/** The latest activity first; previews and numbers change with every message. */
export function Rooms() {
  const { rooms, isLoading, error } = useChatRooms()
  if (isLoading) return <p>Loading rooms…</p>
  if (error) return <p>{error.message}</p>

  return (
    <nav aria-label="Rooms">
      {rooms.map(({ id, name, unread_count, last_message }) => (
        <a key={id} href={`?room=${id}`}>
          {name} {unread_count || ''} {last_message?.content}
        </a>
      ))}
    </nav>
  )
}
