/** Whether somebody is there. Shape and colour both tell; the label says it. */
import './PresenceDot.css'

export interface PresenceDotProps {
  /** `unknown` while this client is not connected: nothing is shown then. */
  readonly status: 'online' | 'away' | 'offline' | 'unknown' | undefined
}

export function PresenceDot({ status }: PresenceDotProps) {
  if (status === undefined || status === 'unknown') return null
  return <span className="qw-presence" data-status={status} role="img" aria-label={status} />
}
