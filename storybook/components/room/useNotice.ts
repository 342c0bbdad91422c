/** The last thing that was done, in words, for a while. */
import { useCallback, useEffect, useState } from 'react'

const SHOWN_MS = 5_000

export interface Notice {
  readonly text: string
  /** Another one for every saying, so that the same words are heard again. */
  readonly number: number
}

const NOTHING: Notice = { text: '', number: 0 }

export function useNotice() {
  const [notice, setNotice] = useState(NOTHING)
  const say = useCallback((text: string) => setNotice(({ number }) => ({ text, number: number + 1 })), [])
  useEffect(() => {
    if (notice.text === '') return
    const timer = setTimeout(() => setNotice(({ number }) => ({ text: '', number })), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [notice])
  return { notice, say }
}
