/** The name of a room, and who of its members is there. */
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useChat, usePresence } from '../../src/chat/index.ts'
import { Avatar } from './Avatar.tsx'
import { type Id, isSame } from './messageRows.ts'
import { PresenceDot } from './PresenceDot.tsx'
import { RoomMembers } from './room/RoomMembers.tsx'
import { useRoomTitle } from './room/useRoomTitle.ts'
import { useCurrentUser } from './useCurrentUser.ts'

export interface ChatHeaderProps {
  readonly roomId: Id
  readonly onBack?: (() => void) | undefined
}

export function ChatHeader({ roomId, onBack }: ChatHeaderProps) {
  const { data: room } = useQuery(useChat().room(roomId))
  const { others, online } = useOthers(roomId)
  const { name, imageUrl } = useRoomTitle(roomId, room)
  const isDirect = room?.kind === 'direct'
  return (
    <header className="qw-chat-header">
      {onBack && (
        <button type="button" className="qw-icon-button qw-back" aria-label="Back to rooms" onClick={onBack}>
          <svg viewBox="0 0 22 22" aria-hidden="true">
            <path
              d="M13.5 4.5 7 11l6.5 6.5"
              fill="none"
              stroke="currentColor"
              strokeWidth="2"
              strokeLinecap="round"
              strokeLinejoin="round"
            />
          </svg>
        </button>
      )}
      <Avatar name={name} imageUrl={imageUrl} size={40}>
        {isDirect && <PresenceDot status={online.length > 0 ? 'online' : others[0]?.status} />}
      </Avatar>
      <div className="qw-chat-title">
        <h2 dir="auto">{name}</h2>
        <p dir="auto">
          {isDirect ? describeOne(others[0]?.status) : describeMany(others.length, online.length)}
        </p>
      </div>
      {(room || others.length > 0) && <RoomMembers roomId={roomId} canLeave={!isDirect} />}
    </header>
  )
}

function useOthers(roomId: Id) {
  const me = useCurrentUser()
  const { data: members } = useQuery(useChat().members(roomId))
  const users = useMemo(
    () => (members ?? []).map(({ user }) => user).filter(({ id }) => !me || !isSame(id, me.id)),
    [members, me],
  )
  const presence = usePresence(useMemo(() => users.map(({ id }) => id), [users]))
  const others = users.map((user) => ({ ...user, status: presence[String(user.id)]?.status ?? 'unknown' }))
  return { others, online: others.filter(({ status }) => status === 'online') }
}

const describeOne = (status = 'unknown') => (status === 'unknown' ? '' : status)

/** The members count oneself; whether oneself is online is no question. */
function describeMany(others: number, online: number): string {
  if (others === 0) return ''
  const members = `${others + 1} members`
  return online === 0 ? members : `${members}, ${online + 1} online`
}
