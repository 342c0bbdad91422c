'use client'
import { useCallback, useState } from 'react'
import type { LiveError } from '../errors.ts'

export interface Pending {
  readonly isPending: boolean
  readonly error: LiveError | null
  track<T>(work: Promise<T>): Promise<T>
}

/** Counts what is under way and keeps the last error until something succeeds. The work itself still rejects. */
export function usePending(): Pending {
  const [{ count, error }, setState] = useState<{ count: number; error: LiveError | null }>({
    count: 0,
    error: null,
  })
  const track = useCallback(<T>(work: Promise<T>): Promise<T> => {
    const end = (failure: LiveError | null) =>
      setState((before) => ({ count: before.count - 1, error: failure }))
    setState((before) => ({ ...before, count: before.count + 1 }))
    work.then(() => end(null), end)
    return work
  }, [])
  return { isPending: count > 0, error, track }
}
