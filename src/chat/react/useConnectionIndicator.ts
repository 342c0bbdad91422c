'use client'
import { useEffect, useMemo, useState } from 'react'
import { worstOf } from '../../transport/index.ts'
import { describeStatus, useWebSocketStore, type WebSocketStatus } from '../../transport/react/index.ts'
import { useChat } from './ChatProvider.tsx'

export interface UseConnectionIndicatorResult {
  /** After 5 s without a connection; gone at once when there is one again that stays. */
  readonly showIndicator: boolean
  /** Of all open connections the one in the worst state. */
  readonly status: WebSocketStatus
}

/** Most interruptions are over before anybody has noticed them. Milliseconds. */
const GRACE_MS = 5_000
/** Sooner than anybody sees, later than the close of a server that accepts only to refuse. Milliseconds. */
const SETTLE_MS = 50

export function useConnectionIndicator(): UseConnectionIndicatorResult {
  const { clock } = useChat().manager.port
  const worst = useWebSocketStore(({ connections }) => worstOf(Object.values(connections)))
  const status = useMemo(() => describeStatus(worst), [worst])
  const { isConnected, lastConnectedAt } = status
  const [hasSettled, setHasSettled] = useState(false)
  useEffect(() => {
    if (!isConnected) return
    const leftMs = Math.min((lastConnectedAt ?? 0) + SETTLE_MS - clock.wallNow(), SETTLE_MS)
    if (leftMs <= 0) setHasSettled(true)
    const cancel = clock.setTimer(() => setHasSettled(true), leftMs)
    return () => {
      cancel()
      setHasSettled(false)
    }
  }, [isConnected, lastConnectedAt, clock])
  const isDown = status.state !== 'IDLE' && !(isConnected && hasSettled)
  const [isLate, setIsLate] = useState(false)
  useEffect(() => {
    if (!isDown) return
    const cancel = clock.setTimer(() => setIsLate(true), GRACE_MS)
    return () => {
      cancel()
      setIsLate(false)
    }
  }, [isDown, clock])
  return { showIndicator: isDown && isLate, status }
}
