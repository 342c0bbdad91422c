/** A gap is closed within a few hundred milliseconds, as a rule; only one that lasts is worth a line. */
import { useEffect, useState } from 'react'

const LASTING_MS = 500

export function useLasting(isSo: boolean): boolean {
  const [hasLasted, setHasLasted] = useState(false)
  useEffect(() => {
    if (!isSo) return
    const timer = setTimeout(() => setHasLasted(true), LASTING_MS)
    return () => {
      clearTimeout(timer)
      setHasLasted(false)
    }
  }, [isSo])
  return hasLasted
}
