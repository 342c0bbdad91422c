'use client'
import { useEffect, useRef, useState } from 'react'
import { useWebSocketStatus, useWebSocketStore, type WebSocketStatus } from '../../transport/react/index.ts'
import { useChat } from './useChat.ts'

export interface UseConnectionIndicatorResult {
  /** After 5 s without a connection; gone at once when there is one again, or when that has stayed for a second where others did not. */
  readonly showIndicator: boolean
  /** Of all open connections the one in the worst state. */
  readonly status: WebSocketStatus
}

/** Most interruptions are over before anybody has noticed them. Milliseconds. */
const GRACE_MS = 5_000
/** Sooner than anybody sees, later than the close of a server that accepts only to refuse. Milliseconds. */
const SETTLE_MS = 50
/** After two in a row that were lost sooner, the next one has to last as long before it counts. Milliseconds. */
const YOUNG_MS = 1_000

export function useConnectionIndicator(): UseConnectionIndicatorResult {
  const { clock } = useChat().manager.port
  const status = useWebSocketStatus(null)
  const isUp = useSettled(status.isConnected)
  const isDown = status.state !== 'IDLE' && !isUp
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

/** Whether all connections are up and the youngest has shown that it lasts. */
function useSettled(isConnected: boolean): boolean {
  const { clock } = useChat().manager.port
  const openedAt = useWebSocketStore(({ connections }) =>
    Math.max(0, ...Object.values(connections).map(({ lastConnectedAt }) => lastConnectedAt ?? 0)),
  )
  const lostYoung = useRef({ openedAt: 0, times: 0 })
  const [hasSettled, setHasSettled] = useState(false)
  useEffect(() => {
    if (!isConnected) return
    const ageMs = () => clock.wallNow() - openedAt
    const neededMs = lostYoung.current.times > 1 ? YOUNG_MS : SETTLE_MS
    const leftMs = Math.min(neededMs - ageMs(), neededMs)
    if (leftMs <= 0) setHasSettled(true)
    const cancel = clock.setTimer(() => setHasSettled(true), leftMs)
    return () => {
      cancel()
      setHasSettled(false)
      const { openedAt: last, times } = lostYoung.current
      if (ageMs() >= YOUNG_MS) lostYoung.current = { openedAt, times: 0 }
      else if (last !== openedAt) lostYoung.current = { openedAt, times: times + 1 }
    }
  }, [isConnected, openedAt, clock])
  return isConnected && hasSettled
}
