/** Breaks the network of a story, and shows what its clients make of that. Runs in Storybook's own window. */
// biome-ignore lint/correctness/noUnusedImports: Storybook bundles its own window for the classic JSX runtime
import * as React from 'react'
import { useEffect, useState } from 'react'
import { useChannel } from 'storybook/manager-api'
import { ASK, HAPPEN, NOTHING, REPORT, SET } from './messages.ts'
import { NetworkView } from './NetworkView.tsx'

export function NetworkPanel() {
  const [report, setReport] = useState(NOTHING)
  const emit = useChannel({ [REPORT]: setReport })
  useEffect(() => emit(ASK), [emit])
  return (
    <NetworkView
      report={report}
      onSet={(change) => emit(SET, change)}
      onHappen={(accident) => emit(HAPPEN, accident)}
    />
  )
}
