/** How the connection is, how much happens, and day or night. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { putRate, readRate, user } from '../here.ts'
import { isByHand, sources } from './sources.ts'

const RATES = [0, 10, 50, 200, 500]

export function TopBar() {
  const status = sources.useStatus()
  return (
    <header>
      <h1>Market</h1>
      <span className="user">{isByHand ? `${user}, by hand` : user}</span>
      <p className="status" role="status" data-status={status}>
        {status}
      </p>
      <Rate />
      <Theme />
    </header>
  )
}

/** Of all that is on the page the only query that is not live. */
function Rate() {
  const queryClient = useQueryClient()
  const { data = 50 } = useQuery({ queryKey: ['rate'], queryFn: readRate })
  const set = async (rate: number) => queryClient.setQueryData(['rate'], await putRate(rate))
  return (
    <label>
      Changes per second
      <select value={data} onChange={({ target }) => void set(Number(target.value)).catch(console.warn)}>
        {[...new Set([...RATES, data])].map((rate) => (
          <option key={rate}>{rate}</option>
        ))}
      </select>
    </label>
  )
}

const isSystemDark = matchMedia('(prefers-color-scheme: dark)').matches

function Theme() {
  const [isDark, setDark] = useState(isSystemDark)
  const turn = () => {
    document.documentElement.style.colorScheme = isDark ? 'light' : 'dark'
    setDark(!isDark)
  }
  return (
    <button type="button" onClick={turn}>
      {isDark ? 'Light' : 'Dark'}
    </button>
  )
}
