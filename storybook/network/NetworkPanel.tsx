/** Breaks the network of a story, and shows what its clients make of that. Runs in Storybook's own window. */

// biome-ignore lint/correctness/noUnusedImports: Storybook bundles its own window for the classic JSX runtime
import * as React from 'react'
import { useEffect } from 'react'
import { useChannel } from 'storybook/manager-api'
import { ASK, HAPPEN, REPORT, SET } from './messages.ts'
import { NetworkView } from './NetworkView.tsx'
import { useNetworkReport } from './useNetworkReport.ts'

export function NetworkPanel() {
  const { report, onReport, onClear } = useNetworkReport()
  const emit = useChannel({ [REPORT]: onReport })
  useEffect(() => emit(ASK), [emit])
  return (
    <NetworkView
      report={report}
      onSet={(change) => emit(SET, change)}
      onHappen={(accident) => emit(HAPPEN, accident)}
      onClear={onClear}
    />
  )
}
