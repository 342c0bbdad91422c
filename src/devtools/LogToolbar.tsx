/** Which lines of the log are shown. */
// biome-ignore lint/correctness/noUnusedImports: the window of Storybook is bundled for the classic JSX runtime
import * as React from 'react'
import type { LogKind, LogLine } from './logLine.ts'

export interface Choice {
  readonly words: string
  readonly kind: LogKind | 'all'
}

export const NO_FILTER: Choice = { words: '', kind: 'all' }

const KINDS = {
  all: 'Everything',
  frame: 'Frames',
  connection: 'Connection',
  problem: 'Problems',
  other: 'Other',
} as const satisfies Record<Choice['kind'], string>

/** Every word must occur; one with a minus before it must not: `chat -ping`. */
export function matches({ kind, source, title, text }: LogLine, choice: Choice): boolean {
  if (choice.kind !== 'all' && choice.kind !== kind) return false
  const line = `${source} ${title} ${text}`.toLowerCase()
  const words = choice.words.toLowerCase().split(/\s+/).filter(Boolean)
  return words.every((word) => (/^-./.test(word) ? !line.includes(word.slice(1)) : line.includes(word)))
}

export interface LogToolbarProps {
  readonly choice: Choice
  readonly onChoose: (choice: Choice) => void
  readonly isPaused: boolean
  readonly onPause: () => void
  readonly onClear: () => void
  readonly count: string
}

export function LogToolbar({ choice, onChoose, isPaused, onPause, onClear, count }: LogToolbarProps) {
  return (
    <div className="qw-dev-toolbar">
      <input
        type="search"
        aria-label="Filter"
        placeholder="Filter: chat -ping"
        value={choice.words}
        onChange={(event) => onChoose({ ...choice, words: event.target.value })}
      />
      <select
        aria-label="Kind"
        value={choice.kind}
        onChange={(event) => onChoose({ ...choice, kind: event.target.value as Choice['kind'] })}
      >
        {Object.entries(KINDS).map(([kind, label]) => (
          <option key={kind} value={kind}>
            {label}
          </option>
        ))}
      </select>
      <button type="button" aria-pressed={isPaused} onClick={onPause}>
        Pause
      </button>
      <button type="button" onClick={onClear}>
        Clear
      </button>
      <span className="qw-dev-count">{count}</span>
    </div>
  )
}
