/** What TanStack Devtools shows: the state of everything on one side, the log on the other. */
import type { LiveReport } from '../query/live/inspection.ts'
import { Connections, Tabs } from './Connections.tsx'
import { LogView } from './LogView.tsx'
import { Channels, Queries, Sends } from './liveTables.tsx'
import { panelCss } from './panelCss.ts'
import { type Sources, useLiveReport } from './useLiveReport.ts'
import { useStyleSheet } from './useStyleSheet.ts'

export interface DevtoolsPanelProps extends Sources {
  readonly theme: 'light' | 'dark'
}

export function DevtoolsPanel({ theme, ...sources }: DevtoolsPanelProps) {
  const { connections, tabs, live, lines } = useLiveReport(sources)
  return (
    <div className="qw-dev" data-theme={theme} ref={useStyleSheet(panelCss)}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="qw-dev-side" aria-label="State" tabIndex={0}>
        <Connections rows={connections} />
        {tabs.length > 0 && <Tabs rows={tabs} />}
        {live && <LiveTables {...live} />}
      </section>
      <LogView lines={lines} onClear={sources.recorder.clear} />
    </div>
  )
}

const LiveTables = ({ queries, channels, sends }: LiveReport) => (
  <>
    <Channels rows={channels} />
    <Sends rows={sends} />
    <Queries rows={queries} />
  </>
)
