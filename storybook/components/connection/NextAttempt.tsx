/** When it is tried again, in seconds from now. */
import { useEffect, useState } from 'react'
import { useChat } from '../../../src/chat/index.ts'

const SECOND_MS = 1_000

export interface NextAttemptProps {
  /** In wall-clock milliseconds, as the store of the connection has it; `null` while it is being tried. */
  readonly at: number | null
}

export function NextAttempt({ at }: NextAttemptProps) {
  if (at === null) return <span className="qw-connection-next">Trying now…</span>
  // Another one for another time: it begins with the second that is left of it.
  return <Countdown key={at} at={at} />
}

function Countdown({ at }: { readonly at: number }) {
  const { clock } = useChat().manager.port
  const [now, setNow] = useState(() => clock.wallNow())
  useEffect(() => {
    const timer = setInterval(() => setNow(clock.wallNow()), SECOND_MS)
    return () => clearInterval(timer)
  }, [clock])
  return <span className="qw-connection-next">Next attempt {inSeconds(at - now)}</span>
}

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'short' })

function inSeconds(waitMs: number): string {
  const seconds = Math.max(1, Math.ceil(waitMs / SECOND_MS))
  return seconds < 100
    ? relative.format(seconds, 'second')
    : relative.format(Math.round(seconds / 60), 'minute')
}
