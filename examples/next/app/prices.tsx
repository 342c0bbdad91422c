'use client'
import { useQuery } from '@tanstack/react-query'
import { useLiveStatus } from 'querywire'
import { prices } from '../lib/prices'

export function Prices() {
  const { data = [], error } = useQuery(prices())
  const { status } = useLiveStatus(prices())
  return (
    <>
      <p role="status">{error?.message ?? status}</p>
      <ul>
        {data.map(({ symbol, price }) => (
          <li key={symbol}>
            {symbol} {price}
          </li>
        ))}
      </ul>
    </>
  )
}
