/** What the query layer says of itself, in tables. */
import type { ChannelReport, QueryReport, SendReport } from '../query/live/inspection.ts'
import { shownEndpoint } from './Connections.tsx'
import { type Column, State, Table, type Tone } from './Table.tsx'

const CHANNEL_TONES = { live: 'good', gap: 'bad', down: 'none' } as const satisfies Record<
  ChannelReport['status'],
  Tone
>

const CHANNEL_COLUMNS: readonly Column<ChannelReport>[] = [
  { head: 'Channel', cell: channelName },
  {
    head: 'State',
    cell: ({ status, error }) => (
      <State tone={error ? 'bad' : CHANNEL_TONES[status]} reason={error?.message}>
        {status}
      </State>
    ),
  },
  { head: 'Position', cell: ({ position }) => position?.seq ?? '–', isNumber: true },
  { head: 'Lag', cell: ({ behind }) => behind, isNumber: true },
  { head: 'Readers', cell: ({ readers }) => readers, isNumber: true },
  { head: 'Times live', cell: ({ sessions }) => sessions, isNumber: true },
]

export const Channels = ({ rows }: { readonly rows: readonly ChannelReport[] }) => (
  <Table
    caption="Channels"
    columns={CHANNEL_COLUMNS}
    rows={rows}
    keyOf={channelName}
    empty="No live query is in use."
  />
)

const QUERY_TONES = {
  live: 'good',
  'catching-up': 'busy',
  gap: 'bad',
  offline: 'none',
} as const satisfies Record<QueryReport['status'], Tone>

const QUERY_COLUMNS: readonly Column<QueryReport>[] = [
  { head: 'Query', cell: nameOf },
  { head: 'State', cell: ({ status }) => <State tone={QUERY_TONES[status]}>{status}</State> },
  {
    head: 'Lease',
    cell: ({ lease, isFetching }) => (isFetching && lease === 'held' ? 'held, fetching' : lease),
  },
  { head: 'Observers', cell: ({ observers }) => observers, isNumber: true },
]

export const Queries = ({ rows }: { readonly rows: readonly QueryReport[] }) => (
  <Table
    caption="Leases"
    columns={QUERY_COLUMNS}
    rows={rows}
    keyOf={({ key }) => key}
    empty="No live query is in the cache."
  />
)

const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })

const SEND_TONES = {
  queued: 'none',
  sending: 'busy',
  sent: 'good',
  failed: 'bad',
} as const satisfies Record<SendReport['status'], Tone>

const SEND_COLUMNS: readonly Column<SendReport>[] = [
  { head: 'Send', cell: nameOf },
  {
    head: 'State',
    cell: ({ status, error }) => (
      <State tone={SEND_TONES[status]} reason={error?.message}>
        {status}
      </State>
    ),
  },
  { head: 'Kept', cell: keptWhere },
  { head: 'Since', cell: ({ submittedAt }) => clock.format(submittedAt), isNumber: true },
  { head: 'Failures', cell: ({ attempts }) => attempts, isNumber: true },
]

export const Sends = ({ rows }: { readonly rows: readonly SendReport[] }) => (
  <Table
    caption="Pending mutations"
    columns={SEND_COLUMNS}
    rows={rows}
    keyOf={({ id }) => id}
    empty="Nothing waits."
  />
)

function channelName({ endpoint, key }: ChannelReport): string {
  const fields = fieldsOf(key)
  return [endpoint === undefined ? '(default)' : shownEndpoint(endpoint), fields || 'everything'].join(' ')
}

function keptWhere({ isKept, isElsewhere }: SendReport): string {
  if (isElsewhere) return 'yes, sent by another tab'
  return isKept === undefined ? '–' : isKept ? 'yes' : 'no'
}

function nameOf({ name, params }: Pick<QueryReport, 'name' | 'params'>): string {
  return [name, fieldsOf(params)].filter(Boolean).join(' ')
}

const fieldsOf = (fields: Readonly<Record<string, unknown>>) =>
  Object.entries(fields)
    .map(([field, value]) => `${field}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(' ')
