/** The state of every connection, or of every client of a page that has several. */
// biome-ignore lint/correctness/noUnusedImports: the window of Storybook is bundled for the classic JSX runtime
import * as React from 'react'
import type { ConnectionState } from '../transport/index.ts'
import type { TabsRow } from './recorder.ts'
import { type Column, State, Table, type Tone } from './Table.tsx'
import type { ConnectionRow } from './useLiveReport.ts'

const TONES = {
  IDLE: 'none',
  CONNECTING: 'busy',
  CONNECTED: 'good',
  RECONNECTING: 'busy',
  DISCONNECTED: 'none',
  FAILED: 'bad',
} as const satisfies Record<ConnectionState, Tone>

const COLUMNS: readonly Column<ConnectionRow>[] = [
  { head: 'Name', cell: ({ name }) => shownEndpoint(name) || '(default)' },
  {
    head: 'State',
    cell: ({ state, error }) => (
      <State tone={TONES[state]} reason={error?.reason}>
        {state}
      </State>
    ),
  },
  { head: 'Attempts', cell: ({ attempts }) => attempts, isNumber: true },
  { head: 'Round trip', cell: ({ latencyMs }) => milliseconds(latencyMs), isNumber: true },
  { head: 'Clock', cell: ({ clockOffsetMs }) => signed(clockOffsetMs), isNumber: true },
  { head: 'Queue', cell: ({ queued }) => queued, isNumber: true },
]

export const Connections = ({ rows }: { readonly rows: readonly ConnectionRow[] }) => (
  <Table
    caption="Connections"
    columns={COLUMNS}
    rows={rows}
    keyOf={({ name }) => name}
    empty="Nothing is connected yet."
  />
)

/** A leader is named by its tab and how often that has led: the same name is the same one in every tab. */
const TABS_COLUMNS: readonly Column<TabsRow>[] = [
  { head: 'Server', cell: ({ server }) => server },
  { head: 'This tab', cell: ({ role }) => role },
  { head: 'Leader', cell: ({ leader }) => leader || '–' },
]

export const Tabs = ({ rows }: { readonly rows: readonly TabsRow[] }) => (
  <Table caption="Tabs" columns={TABS_COLUMNS} rows={rows} keyOf={({ server }) => server} empty="" />
)

const milliseconds = (value: number | null) => (value === null ? '–' : `${Math.round(value)} ms`)

const signed = (value: number | null) =>
  value === null ? '–' : `${value < 0 ? '−' : '+'}${Math.abs(Math.round(value))} ms`

/** Queries are where secrets travel. */
export const shownEndpoint = (endpoint: string) => endpoint.replace(/\?.*/s, '?…')
