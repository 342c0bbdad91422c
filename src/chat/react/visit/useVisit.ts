'use client'
import { useCallback, useEffect, useState } from 'react'

/** State of one visit to a place: `undefined` at its beginning, also where one has been there before. */
export function useVisit<T>(place: string) {
  const [kept, setKept] = useState<{ readonly place: string; readonly value: T }>()
  const isHere = kept?.place === place
  if (kept && !isHere) setKept(undefined)
  // Being hidden is leaving, too.
  useEffect(() => () => setKept((now) => (now?.place === place ? undefined : now)), [place])
  const set = useCallback(
    (value: T | undefined) =>
      setKept((now) => {
        // What comes late from a place one has left says nothing of this one.
        const isElsewhere = now !== undefined && now.place !== place
        return isElsewhere || now?.value === value ? now : value && { place, value }
      }),
    [place],
  )
  return [isHere ? kept.value : undefined, set] as const
}
