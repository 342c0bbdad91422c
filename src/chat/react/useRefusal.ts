'use client'
import { useCallback, useState } from 'react'
import type { LiveError } from '../../transport/index.ts'
import { type Id, sameId } from '../types.ts'

/** What was refused before it was a row, until the next one is taken. */
export function useRefusal(roomId: Id) {
  const [last, setLast] = useState<{ readonly roomId: Id; readonly error: LiveError }>()
  const attempt = useCallback(
    (sending: Promise<void>) => {
      const outcome = sending.then(
        () => setLast(undefined),
        (error: LiveError) => {
          // That one is not in the room is told as long as it is so.
          if (error.code !== 'forbidden') setLast({ roomId, error })
          throw error
        },
      )
      // On screen by now, also where nobody waits for it.
      outcome.catch(() => undefined)
      return outcome
    },
    [roomId],
  )
  return { refused: last && sameId(last.roomId, roomId) ? last.error : undefined, attempt }
}
