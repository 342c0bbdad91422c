/** The log, newest first: filtered, paused, cleared, and every line opened to all that is known of it. */
import * as React from 'react'
import { type Choice, LogToolbar, matches, NO_FILTER } from './LogToolbar.tsx'
import { jsonOf, type LogLine } from './logLine.ts'

export interface LogViewProps {
  /** Oldest first. */
  readonly lines: readonly LogLine[]
  readonly onClear: () => void
}

export function LogView({ lines, onClear }: LogViewProps) {
  const [choice, setChoice] = React.useState<Choice>(NO_FILTER)
  const [frozen, setFrozen] = React.useState<readonly LogLine[]>()
  const [opened, setOpened] = React.useState<number>()
  const [focused, setFocused] = React.useState<number>()
  const toggle = React.useCallback((number: number) => {
    setOpened((before) => (before === number ? undefined : number))
  }, [])
  const all = frozen ?? lines
  const shown = React.useMemo(() => all.filter((line) => matches(line, choice)).toReversed(), [all, choice])
  // One stop for the Tab key; the arrows go from line to line.
  const stop = shown.some(({ number }) => number === focused) ? focused : shown[0]?.number
  const clear = () => {
    if (frozen) setFrozen([])
    onClear()
  }
  return (
    <section className="qw-dev-log" aria-label="Log">
      <LogToolbar
        choice={choice}
        onChoose={setChoice}
        isPaused={frozen !== undefined}
        onPause={() => setFrozen(frozen ? undefined : lines)}
        onClear={clear}
        count={`${shown.length} of ${all.length}`}
      />
      {shown.length === 0 && (
        <p className="qw-dev-empty">{all.length === 0 ? 'Nothing yet.' : 'Nothing matches.'}</p>
      )}
      <ol className="qw-dev-lines" aria-label="Entries" onKeyDown={moveFocus}>
        {shown.map((line) => (
          <Line
            key={line.number}
            line={line}
            isOpen={line.number === opened}
            isStop={line.number === stop}
            onToggle={toggle}
            onFocus={setFocused}
          />
        ))}
      </ol>
    </section>
  )
}

interface LineProps {
  readonly line: LogLine
  readonly isOpen: boolean
  readonly isStop: boolean
  readonly onToggle: (number: number) => void
  readonly onFocus: (number: number) => void
}

const Line = React.memo(function Line({ line, isOpen, isStop, onToggle, onFocus }: LineProps) {
  const { number, at, source, kind, title, text, direction, details } = line
  return (
    <li data-kind={kind}>
      <button
        type="button"
        aria-expanded={isOpen}
        tabIndex={isStop ? 0 : -1}
        onClick={() => onToggle(number)}
        onFocus={() => onFocus(number)}
      >
        <time>{clock.format(at)}</time>
        <span className="qw-dev-source">{source}</span>
        <Direction direction={direction} />
        <b>{title}</b>
        <span className="qw-dev-text">{text}</span>
      </button>
      {isOpen && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <pre tabIndex={0}>{jsonOf(details, 2)}</pre>
      )}
    </li>
  )
})

const clock = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
})

function Direction({ direction }: Pick<LogLine, 'direction'>) {
  if (direction === undefined) return <span className="qw-dev-direction" />
  const isUp = direction === 'up'
  return (
    <span className="qw-dev-direction" role="img" aria-label={isUp ? 'sent' : 'received'} data-to={direction}>
      {isUp ? '↑' : '↓'}
    </span>
  )
}

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }

function moveFocus(event: React.KeyboardEvent<HTMLOListElement>): void {
  const step = STEPS[event.key]
  const buttons = [...event.currentTarget.querySelectorAll('button')]
  const from = buttons.indexOf(event.target as HTMLButtonElement)
  // The keys of an opened line scroll it.
  if (step === undefined || from === -1) return
  event.preventDefault()
  buttons[Math.min(Math.max(from + step, 0), buttons.length - 1)]?.focus()
}
