import { useQuery } from '@tanstack/react-query'
import { useLiveStatus } from 'querywire'
import { prices } from './prices'

function App() {
  const { data = [], error } = useQuery(prices())
  const { status } = useLiveStatus(prices())
  return (
    <main>
      <h1>Prices</h1>
      <p role="status">{error?.message ?? status}</p>
      <ul>
        {data.map(({ symbol, price }) => (
          <li key={symbol}>
            {symbol} {price}
          </li>
        ))}
      </ul>
    </main>
  )
}

export default App
