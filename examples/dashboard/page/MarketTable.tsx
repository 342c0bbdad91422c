/** The list: one row is rendered for one change. The arrow keys walk through it. */
import { useQuery } from '@tanstack/react-query'
import { type KeyboardEvent, memo, useLayoutEffect, useRef, useState } from 'react'
import { type Filter, moveOf } from '../filter.ts'
import type { Ticker } from '../protocol.ts'
import { sources } from './sources.ts'
import { count, move, price, trend } from './texts.ts'

interface MarketTableProps {
  readonly filter: Filter
  readonly selected: string | undefined
  readonly onSelect: (symbol: string) => void
}

export function MarketTable({ filter, selected, onSelect }: MarketTableProps) {
  const { data = [], error, isPending } = useQuery(sources.tickers(filter))
  // One of them is reached by Tab.
  const stop = data.some(({ symbol }) => symbol === selected) ? selected : data[0]?.symbol
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the rows' own buttons have the focus
    <div className="rows" tabIndex={-1} onKeyDown={walk}>
      <table>
        <caption>Tickers</caption>
        <thead>
          <tr>
            <th scope="col">Symbol</th>
            <th scope="col" className="wide">
              Name
            </th>
            <th scope="col">Price</th>
            <th scope="col">Change</th>
            <th scope="col" className="wide">
              Volume
            </th>
            <th scope="col">Held</th>
          </tr>
        </thead>
        <tbody>
          {data.map((ticker) => (
            <Row
              key={ticker.symbol}
              ticker={ticker}
              isSelected={ticker.symbol === selected}
              isStop={ticker.symbol === stop}
              onSelect={onSelect}
            />
          ))}
        </tbody>
      </table>
      {error && <p role="alert">{error.message}</p>}
      {data.length === 0 && !error && (
        <p className="hint">{isPending ? 'Loading …' : 'Nothing has moved so far.'}</p>
      )}
    </div>
  )
}

const STEPS: Readonly<Record<string, (at: number, last: number) => number>> = {
  ArrowDown: (at) => at + 1,
  ArrowUp: (at) => at - 1,
  PageDown: (at, last) => Math.min(at + 10, last),
  PageUp: (at) => Math.max(at - 10, 0),
  Home: () => 0,
  End: (_at, last) => last,
}

function walk(event: KeyboardEvent<HTMLElement>): void {
  const step = STEPS[event.key]
  if (!step) return
  event.preventDefault()
  const buttons = [...event.currentTarget.querySelectorAll('button')]
  const at = buttons.indexOf(document.activeElement as HTMLButtonElement)
  buttons[step(at, buttons.length - 1)]?.focus()
}

interface RowProps {
  readonly ticker: Ticker
  readonly isSelected: boolean
  readonly isStop: boolean
  readonly onSelect: (symbol: string) => void
}

const Row = memo(function Row({ ticker, isSelected, isStop, onSelect }: RowProps) {
  const { symbol, name, volume, held } = ticker
  const moved = moveOf(ticker)
  const button = useRef<HTMLButtonElement>(null)
  const [shown] = useState(ticker.price)
  // A row that leaves leaves the focus in the list.
  useLayoutEffect(() => {
    const { current } = button
    return () => {
      if (document.activeElement === current) current?.closest<HTMLElement>('.rows')?.focus()
    }
  }, [])
  return (
    <tr className={isSelected ? 'selected' : undefined}>
      <th scope="row">
        <button
          ref={button}
          type="button"
          tabIndex={isStop ? 0 : -1}
          aria-pressed={isSelected}
          onClick={() => onSelect(symbol)}
        >
          {symbol}
        </button>
      </th>
      <td className="wide name">{name}</td>
      <td>
        <span key={ticker.price} className={ticker.price === shown ? undefined : 'changed'}>
          {price(ticker.price)}
        </span>
      </td>
      <td className={trend(moved)}>{move(moved)}</td>
      <td className="wide">{count(volume)}</td>
      <td>{count(held)}</td>
    </tr>
  )
})
