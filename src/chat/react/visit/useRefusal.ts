'use client'
import { useCallback } from 'react'
import type { LiveError } from '../../../transport/index.ts'
import type { Id } from '../../model/data/types.ts'
import { useVisit } from './useVisit.ts'

/** What was refused before it was a row, until the next one is taken or one leaves the room. */
export function useRefusal(roomId: Id) {
  const [refused, setRefused] = useVisit<LiveError>(String(roomId))
  const attempt = useCallback(
    (sending: Promise<void>) => {
      const outcome = sending.then(
        () => setRefused(undefined),
        (error: LiveError) => {
          // That one is not in the room is told as long as it is so.
          if (error.code !== 'forbidden') setRefused(error)
          throw error
        },
      )
      // On screen by now, also where nobody waits for it.
      outcome.catch(() => undefined)
      return outcome
    },
    [setRefused],
  )
  return { refused, attempt }
}
