/** The weather of the network, in Storybook's toolbar: what one changes most, without opening the panel. */

// biome-ignore lint/correctness/noUnusedImports: Storybook bundles its own window for the classic JSX runtime
import * as React from 'react'
import { useEffect, useState } from 'react'
import { useChannel } from 'storybook/manager-api'
import { ASK, HAPPEN, type Knobs, type NetworkReport, REPORT, SET } from './messages.ts'

const CALM = { latencyMs: 0, drop: 0, duplicate: 0, reorder: 0 }

const WEATHER: Readonly<Record<string, Partial<Knobs>>> = {
  Good: CALM,
  Slow: { ...CALM, latencyMs: 600 },
  Bad: { latencyMs: 200, drop: 0.2, duplicate: 0.2, reorder: 0.2 },
}

const CONTROL = {
  blockSize: 26,
  paddingInline: 8,
  border: '1px solid color-mix(in srgb, currentColor 28%, transparent)',
  borderRadius: 4,
  background: 'transparent',
  color: 'inherit',
  font: 'inherit',
  cursor: 'pointer',
}

export function NetworkTool() {
  const [knobs, setKnobs] = useState<Knobs>()
  const emit = useChannel({ [REPORT]: (report: NetworkReport) => setKnobs(report.knobs) })
  useEffect(() => emit(ASK), [emit])
  if (!knobs) return null
  return (
    <span style={{ display: 'inline-flex', alignItems: 'center', gap: 6, fontSize: 12 }}>
      <select
        aria-label="Network"
        style={CONTROL}
        value={weatherOf(knobs)}
        onChange={(event) => emit(SET, WEATHER[event.target.value] ?? {})}
      >
        {[...Object.keys(WEATHER), 'Custom'].map((name) => (
          <option key={name} disabled={name === 'Custom'}>
            {name}
          </option>
        ))}
      </select>
      <button type="button" style={CONTROL} onClick={() => emit(HAPPEN, 'disconnect')}>
        Disconnect
      </button>
    </span>
  )
}

/** The panel may have turned a single knob. */
function weatherOf(knobs: Knobs): string {
  const isSo = (weather: Partial<Knobs>) =>
    Object.entries(weather).every(([name, value]) => knobs[name as keyof Knobs] === value)
  return Object.keys(WEATHER).find((name) => isSo(WEATHER[name] ?? {})) ?? 'Custom'
}
