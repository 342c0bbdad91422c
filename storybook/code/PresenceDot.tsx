import { type ChatUser, usePresence } from 'querywire/chat'
import { Avatar } from '../components/Avatar.tsx'
import { PresenceDot } from '../components/PresenceDot.tsx'

export function Face({ user }: { user: ChatUser }) {
  const presence = usePresence([user.id])

  return (
    <Avatar name={user.username}>
      <PresenceDot status={presence[user.id]?.status ?? 'unknown'} />
    </Avatar>
  )
}
