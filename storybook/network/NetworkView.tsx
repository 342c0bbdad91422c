/** The knobs, the accidents and the log, as values and callbacks. Knows neither a server nor Storybook. */
// biome-ignore lint/correctness/noUnusedImports: Storybook bundles its own window for the classic JSX runtime
import * as React from 'react'
import { Connections } from '../../src/devtools/Connections.tsx'
import { LogView } from '../../src/devtools/LogView.tsx'
import type { Accident, Knobs, NetworkReport } from './messages.ts'
import { networkCss } from './networkCss.ts'

export interface NetworkViewProps {
  readonly report: NetworkReport
  readonly onSet: (change: Partial<Knobs>) => void
  readonly onHappen: (accident: Accident) => void
  readonly onClear: () => void
}

export function NetworkView({ report, onSet, onHappen, onClear }: NetworkViewProps) {
  if (!report.knobs) return <p style={{ padding: 16 }}>This story has no server.</p>
  return (
    <div className="qw-network">
      <style>{networkCss}</style>
      <div className="qw-dev-side qw-network-controls">
        <KnobList knobs={report.knobs} onChange={onSet} />
        <Accidents onClick={onHappen} />
        <Connections rows={report.clients} />
      </div>
      <LogView lines={report.lines} onClear={onClear} />
    </div>
  )
}

interface Knob {
  readonly name: keyof Knobs
  readonly label: string
  readonly min: number
  readonly max: number
  readonly step: number
  readonly show: (value: number) => string
}

const percent = (value: number) => `${Math.round(value * 100)} %`
const ms = (value: number) => `${value} ms`
const share = { min: 0, max: 0.9, step: 0.05, show: percent }

const KNOBS: readonly Knob[] = [
  { name: 'latencyMs', label: 'Latency', min: 0, max: 3_000, step: 50, show: ms },
  { name: 'drop', label: 'Loss', ...share },
  { name: 'duplicate', label: 'Duplicates', ...share },
  { name: 'reorder', label: 'Reorder', ...share },
  {
    name: 'skewClockMs',
    label: 'Clock skew',
    min: -3_600_000,
    max: 3_600_000,
    step: 60_000,
    show: (value) => `${value / 60_000} min`,
  },
]

function KnobList({ knobs, onChange }: { knobs: Knobs; onChange: (change: Partial<Knobs>) => void }) {
  return (
    <div className="qw-network-knobs">
      {KNOBS.map(({ name, label, show, ...range }) => (
        <label key={name}>
          <span>{label}</span>
          <input
            type="range"
            {...range}
            value={knobs[name]}
            onChange={(event) => onChange({ [name]: event.target.valueAsNumber })}
          />
          <output>{show(knobs[name])}</output>
        </label>
      ))}
    </div>
  )
}

const ACCIDENTS: readonly { readonly accident: Accident; readonly label: string; readonly title: string }[] =
  [
    { accident: 'disconnect', label: 'Disconnect', title: 'Closes every connection' },
    { accident: 'half-open', label: 'Half-open', title: 'Connections stay open; nothing gets through' },
    { accident: 'restart', label: 'Restart', title: 'The server is away for eight seconds' },
    { accident: 'refuse', label: 'Refuse a message', title: 'The next message is refused' },
  ]

const Accidents = ({ onClick }: { onClick: (accident: Accident) => void }) => (
  <div className="qw-network-accidents">
    {ACCIDENTS.map(({ accident, label, title }) => (
      <button key={accident} type="button" title={title} onClick={() => onClick(accident)}>
        {label}
      </button>
    ))}
  </div>
)
