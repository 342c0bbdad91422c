/** Who is in a room and what they are there, as a dialog; at its end the way out of the room. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type ChatMember, useChat, useChatRooms, usePresence } from '../../../src/chat/index.ts'
import { Avatar } from '../Avatar.tsx'
import { strikeOut, writtenDown } from '../actions/heldRemovals.ts'
import { useDeletion } from '../actions/useDeletion.ts'
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
  const { leave, isLeaving, refusal } = useLeaving(roomId, onLeft)
  // `undefined`: not asked yet. Afterwards the focus goes to what stands where it was.
  const [isSure, setIsSure] = useState<boolean>()
  return (
    <footer>
      {isSure ? (
        <>
          <p>What is said from now on you will not read.</p>
          <button
            type="button"
            className="qw-button"
            data-dangerous=""
            // Not `disabled`: that would take the focus away from whoever has just pressed it.
            aria-disabled={isLeaving}
            onClick={() => void leave()}
          >
            Leave
          </button>
          {/* biome-ignore lint/a11y/noAutofocus: the button that had the focus is gone, and a second press should do no harm */}
          <button type="button" className="qw-button" autoFocus onClick={() => setIsSure(false)}>
            Stay
          </button>
        </>
      ) : (
        <button
          type="button"
          className="qw-button"
          data-dangerous=""
          // biome-ignore lint/a11y/noAutofocus: after "Stay", which is gone
          autoFocus={isSure === false}
          onClick={() => setIsSure(true)}
        >
          Leave the room
        </button>
      )}
      {refusal && <p role="alert">{refusal}</p>}
    </footer>
  )
}

function useLeaving(roomId: Id, onLeft: () => void) {
  const { leaveRoom } = useChatRooms()
  const deleteMessage = useDeletion(roomId)
  const me = useCurrentUser()
  const [isLeaving, setIsLeaving] = useState(false)
  const [refusal, setRefusal] = useState<string>()
  /** What one has removed here: nobody may do that from outside. */
  const removeHeld = async () => {
    for (const removal of me ? writtenDown(me.id, roomId) : []) {
      await deleteMessage(removal.messageId)
      strikeOut(removal)
    }
  }
  const leave = async () => {
    if (isLeaving) return
    setIsLeaving(true)
    setRefusal(undefined)
    try {
      await removeHeld()
      await leaveRoom(roomId)
      onLeft()
    } catch (error) {
      setRefusal(errorText(error as Error))
    }
    setIsLeaving(false)
  }
  return { leave, isLeaving, refusal }
}
