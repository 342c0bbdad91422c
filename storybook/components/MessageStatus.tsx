/** Where an own message is: waiting, on its way, arrived, or refused. */
import type { ChatMessage } from '../../src/chat/index.ts'

type Status = NonNullable<ChatMessage['local']>['status']

const LABELS = {
  queued: 'Waiting to be sent',
  sending: 'Sending',
  sent: 'Sent',
  failed: 'Not sent',
} as const satisfies Record<Status, string>

const CLOCK = 'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8ZM8 4.5V8l2.3 1.5'
const CHECK = 'M2.8 8.6l3.2 3.2 7-7.4'
const ALERT = 'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8ZM8 4.8v3.8M8 11v.2'

const SHAPES = {
  queued: CLOCK,
  sending: CLOCK,
  sent: CHECK,
  failed: ALERT,
} as const satisfies Record<Status, string>

export function MessageStatus({ status }: { readonly status: Status }) {
  return (
    <svg viewBox="0 0 16 16" role="img" aria-label={LABELS[status]} data-status={status}>
      <path
        d={SHAPES[status]}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  )
}
