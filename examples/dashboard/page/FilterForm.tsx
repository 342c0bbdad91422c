/** What of the market is shown, in which order, and how many that are. */
import { useQuery } from '@tanstack/react-query'
import { type Filter, ORDERS } from '../filter.ts'
import { SECTORS } from '../protocol.ts'
import { sources } from './sources.ts'
import { count } from './texts.ts'

const MOVES = [0, 1, 2, 5]
const NAMES = { symbol: 'Symbol', gain: 'Gain', loss: 'Loss', held: 'Held' } satisfies Record<
  Filter['by'],
  string
>
const BYS = Object.keys(ORDERS) as Filter['by'][]

interface FilterFormProps {
  readonly filter: Filter
  readonly onChange: (filter: Filter) => void
}

export function FilterForm({ filter, onChange }: FilterFormProps) {
  const { data: facets } = useQuery(sources.facets(filter))
  const { data: tickers = [] } = useQuery(sources.tickers(filter))
  return (
    <form className="filter" aria-label="Filter" onSubmit={(event) => event.preventDefault()}>
      <label>
        Sector
        <select
          value={filter.sector ?? ''}
          onChange={({ target }) => onChange({ ...filter, sector: SECTORS[target.selectedIndex - 1] })}
        >
          <option value="">All{facets && ` (${facets.total})`}</option>
          {SECTORS.map((sector) => (
            <option key={sector} value={sector}>
              {sector}
              {facets && ` (${facets.sectors[sector] ?? 0})`}
            </option>
          ))}
        </select>
      </label>
      <label>
        Moved by
        <select
          value={filter.moved}
          onChange={({ target }) => onChange({ ...filter, moved: Number(target.value) })}
        >
          {MOVES.map((moved) => (
            <option key={moved} value={moved}>
              {moved === 0 ? 'anything' : `${moved} % or more`}
            </option>
          ))}
        </select>
      </label>
      <label>
        Order
        <select
          value={filter.by}
          onChange={({ target }) => onChange({ ...filter, by: BYS[target.selectedIndex] ?? 'symbol' })}
        >
          {BYS.map((by) => (
            <option key={by} value={by}>
              {NAMES[by]}
            </option>
          ))}
        </select>
      </label>
      <output aria-live="off">
        {count(tickers.length)} of {facets ? count(facets.total) : '–'}
      </output>
    </form>
  )
}
