/** The page: the market, what is shown of it, and one ticker. */
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { StrictMode, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { EVERYTHING } from '../filter.ts'
import { FilterForm } from './FilterForm.tsx'
import { MarketTable } from './MarketTable.tsx'
import { OrderLog } from './OrderLog.tsx'
import { sources } from './sources.ts'
import { TickerDetail } from './TickerDetail.tsx'
import { TopBar } from './TopBar.tsx'
import { money } from './texts.ts'

function Dashboard() {
  const [filter, setFilter] = useState(EVERYTHING)
  const [symbol, setSymbol] = useState<string>()
  return (
    <>
      <TopBar />
      <main>
        <section className="market" aria-label="Market">
          <FilterForm filter={filter} onChange={setFilter} />
          <MarketTable filter={filter} selected={symbol} onSelect={setSymbol} />
        </section>
        <aside>
          {symbol ? <TickerDetail key={symbol} symbol={symbol} /> : <Nothing />}
          <Desk />
          <OrderLog />
        </aside>
      </main>
    </>
  )
}

const Nothing = () => <p className="card hint">Choose a ticker, by a click or with the arrow keys.</p>

function Desk() {
  const { data, error } = useQuery(sources.desk())
  return (
    <section className="card" aria-label="Desk">
      <h2>Desk</h2>
      <dl className="figures">
        <dt>Orders</dt>
        <dd>{data?.orders ?? '–'}</dd>
        <dt>Turnover</dt>
        <dd>{data ? money(data.turnover) : '–'}</dd>
      </dl>
      {error && <p role="alert">{error.message}</p>}
    </section>
  )
}

const queryClient = new QueryClient()
sources.connect(queryClient)

createRoot(document.getElementById('app') as HTMLElement).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <Dashboard />
    </QueryClientProvider>
  </StrictMode>,
)
