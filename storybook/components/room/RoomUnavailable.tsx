/** In place of a room that one cannot read: what it is, and how to get in. */
import { useLayoutEffect, useRef, useState } from 'react'
import { useChatRooms } from '../../../src/chat/index.ts'
import { isLiveError } from '../../../src/index.ts'
import { errorText } from '../errorText.ts'
import type { Id } from '../messageRows.ts'
import './RoomUnavailable.css'

export interface RoomUnavailableProps {
  readonly roomId: Id
  readonly error: Error
}

type Reason = 'unknown' | 'stranger' | 'removed' | 'closed'

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
  closed: 'This room is closed',
} as const satisfies Record<Reason, string>

const ADVICE = {
  unknown: 'It may have been closed, or the link is not complete. Ask whoever sent it to you.',
  stranger: 'Its members can read and write here. If it is open to all, you can be one of them.',
  closed: 'Nobody gets in by themselves: ask somebody who is in it to bring you along.',
  removed: 'You have left it, or somebody has taken you out of it. If it is open to all, you can come back.',
} as const satisfies Record<Reason, string>

export function RoomUnavailable({ roomId, error }: RoomUnavailableProps) {
  const { joinRoom } = useChatRooms()
  const [isJoining, setIsJoining] = useState(false)
  const [refusal, setRefusal] = useState<string>()
  const [isClosed, setIsClosed] = useState(false)
  const ref = useKeptFocus(isClosed)
  const reason = isClosed ? 'closed' : (reasonOf(error) ?? 'unknown')
  const join = async () => {
    if (isJoining) return
    setIsJoining(true)
    setRefusal(undefined)
    try {
      await joinRoom(roomId)
    } catch (cause) {
      // The answer is no, and it will be: there is another way in.
      if (isLiveError(cause) && cause.reason === 'forbidden') setIsClosed(true)
      else setRefusal(errorText(cause as Error))
    }
    setIsJoining(false)
  }
  return (
    <div ref={ref} className="qw-unavailable">
      <h3 tabIndex={-1}>{TITLES[reason]}</h3>
      <p>{ADVICE[reason]}</p>
      <p className="qw-unavailable-id">
        Room <bdi>{String(roomId)}</bdi>
      </p>
      {(reason === 'stranger' || reason === 'removed') && (
        <button
          type="button"
          className="qw-button"
          data-primary=""
          // Not `disabled`: that would take the focus away from whoever has just pressed it.
          aria-disabled={isJoining}
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

/** The button goes with what it did: to the title, or with all of this into the room. */
function useKeptFocus(isClosed: boolean) {
  const ref = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    if (isClosed) ref.current?.querySelector('h3')?.focus()
  }, [isClosed])
  useLayoutEffect(() => {
    const element = ref.current
    return () => {
      if (!element?.contains(document.activeElement)) return
      element.closest<HTMLElement>('.qw-chat-room')?.focus({ preventScroll: true })
    }
  }, [])
  return ref
}
