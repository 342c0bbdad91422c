/** What the story has told so far, less what was cleared. */
import { useReducer, useState } from 'react'
import { afterReport, type NetworkReport, NOTHING } from './messages.ts'

export function useNetworkReport() {
  const [report, onReport] = useReducer(afterReport, NOTHING)
  const [clearedTo, setClearedTo] = useState(0)
  const shown: NetworkReport = { ...report, lines: report.lines.filter(({ number }) => number > clearedTo) }
  return { report: shown, onReport, onClear: () => setClearedTo(report.lines.at(-1)?.number ?? 0) }
}
