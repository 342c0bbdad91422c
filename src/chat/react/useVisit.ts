'use client'
import { useCallback, useEffect, useState } from 'react'

/** State of one visit to a place: `undefined` at its beginning, also where one has been there before. */
export function useVisit<T>(place: string) {
  const [kept, setKept] = useState<{ readonly place: string; readonly value: T }>()
  // Leaving is going elsewhere, and being hidden.
  useEffect(() => () => setKept((now) => (now?.place === place ? undefined : now)), [place])
  const set = useCallback((value: T | undefined) => setKept(value && { place, value }), [place])
  return [kept?.place === place ? kept.value : undefined, set] as const
}
