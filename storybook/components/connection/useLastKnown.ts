/** A value while it is known, and after that the last one that was. */
import { useState } from 'react'

export function useLastKnown<Value>(value: Value | undefined, isOver: boolean): Value | undefined {
  const [known, setKnown] = useState(value)
  const next = isOver ? undefined : (value ?? known)
  if (next !== known) setKnown(next)
  return next
}
