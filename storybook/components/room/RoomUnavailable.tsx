/** In place of a room that one cannot read: what it is, and how to get in. */
import { useState } from 'react'
import { useChatRooms } from '../../../src/chat/index.ts'
import { isLiveError } from '../../../src/index.ts'
import { errorText } from '../errorText.ts'
import type { Id } from '../messageRows.ts'
import './RoomUnavailable.css'

export interface RoomUnavailableProps {
  readonly roomId: Id
  readonly error: Error
}

type Reason = 'unknown' | 'stranger' | 'removed'

/** Why one cannot read a room; `undefined` where that has to do with something else, the connection say. */
export function reasonOf(error: Error | null): Reason | undefined {
  if (!isLiveError(error) || (error.code !== 'forbidden' && error.code !== 'rejected')) return undefined
  return REASONS[error.reason ?? ''] ?? (error.code === 'forbidden' ? 'removed' : undefined)
}

const REASONS: Readonly<Record<string, Reason>> = {
  not_found: 'unknown',
  not_member: 'stranger',
  forbidden: 'stranger',
}

const TITLES = {
  unknown: 'There is no such room',
  stranger: 'You are not in this room',
  removed: 'You are no longer in this room',
} as const satisfies Record<Reason, string>

const ADVICE = {
  unknown: 'It may have been closed, or the link is not complete. Ask whoever sent it to you.',
  stranger: 'Its members can read and write here. You may ask to be one of them.',
  removed: 'You have left it, or somebody has taken you out of it. You may ask to be let in again.',
} as const satisfies Record<Reason, string>

export function RoomUnavailable({ roomId, error }: RoomUnavailableProps) {
  const { joinRoom } = useChatRooms()
  const [isJoining, setIsJoining] = useState(false)
  const [refusal, setRefusal] = useState<string>()
  const reason = reasonOf(error) ?? 'unknown'
  const join = async () => {
    setIsJoining(true)
    setRefusal(undefined)
    try {
      await joinRoom(roomId)
    } catch (cause) {
      setRefusal(errorText(cause as Error))
    }
    setIsJoining(false)
  }
  return (
    <div className="qw-unavailable">
      <h3>{TITLES[reason]}</h3>
      <p>{ADVICE[reason]}</p>
      <p className="qw-unavailable-id">
        Room <bdi>{String(roomId)}</bdi>
      </p>
      {reason !== 'unknown' && (
        <button
          type="button"
          className="qw-button"
          data-primary=""
          disabled={isJoining}
          onClick={() => void join()}
        >
          {isJoining ? 'Asking…' : 'Join the room'}
        </button>
      )}
      <p role="alert" className="qw-unavailable-refusal">
        {refusal}
      </p>
    </div>
  )
}
