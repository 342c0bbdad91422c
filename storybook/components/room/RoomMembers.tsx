/** Who is in a room and what they are there, as a dialog; at its end the way out of the room. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type ChatMember, useChat, useChatRooms, usePresence } from '../../../src/chat/index.ts'
import { Avatar } from '../Avatar.tsx'
import { DialogButton } from '../DialogButton.tsx'
import { errorText } from '../errorText.ts'
import { type Id, isSame } from '../messageRows.ts'
import { PresenceDot } from '../PresenceDot.tsx'
import { useCurrentUser } from '../useCurrentUser.ts'
import './RoomMembers.css'

export interface RoomMembersProps {
  readonly roomId: Id
  /** A conversation of two ends with neither of them. */
  readonly canLeave: boolean
}

export function RoomMembers({ roomId, canLeave }: RoomMembersProps) {
  return (
    <DialogButton label="Members" icon="people">
      {(close) => (
        <>
          <Members roomId={roomId} />
          {canLeave && <Leave roomId={roomId} onLeft={close} />}
        </>
      )}
    </DialogButton>
  )
}

const NOBODY: readonly ChatMember[] = []

function Members({ roomId }: { readonly roomId: Id }) {
  const { data: members = NOBODY } = useQuery(useChat().members(roomId))
  const me = useCurrentUser()
  const presence = usePresence(members.map(({ user }) => user.id))
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <ul className="qw-members" aria-label="Members" tabIndex={0}>
      {members.map(({ user, role }) => (
        <li key={user.id}>
          <Avatar name={user.username} imageUrl={user.avatar_url ?? undefined} size={36}>
            <PresenceDot status={presence[String(user.id)]?.status} />
          </Avatar>
          <bdi>{user.username}</bdi>
          {me && isSame(me.id, user.id) && <span className="qw-member-note">you</span>}
          {role != null && role !== 'member' && <span className="qw-role">{role}</span>}
        </li>
      ))}
    </ul>
  )
}

/** Asked once more: back in again only the others may let one. */
function Leave({ roomId, onLeft }: { readonly roomId: Id; readonly onLeft: () => void }) {
  const { leaveRoom } = useChatRooms()
  const [isSure, setIsSure] = useState(false)
  const [refusal, setRefusal] = useState<string>()
  const leave = () => {
    leaveRoom(roomId).then(onLeft, (error: Error) => setRefusal(errorText(error)))
  }
  return (
    <footer>
      {isSure ? (
        <>
          <p>What is said from now on you will not read.</p>
          <button type="button" className="qw-button" data-dangerous="" onClick={leave}>
            Leave
          </button>
          <button type="button" className="qw-button" onClick={() => setIsSure(false)}>
            Stay
          </button>
        </>
      ) : (
        <button type="button" className="qw-button" data-dangerous="" onClick={() => setIsSure(true)}>
          Leave the room
        </button>
      )}
      {refusal && <p role="alert">{refusal}</p>}
    </footer>
  )
}
