/** One ticker, and orders of it. */
import { useMutation, useQuery } from '@tanstack/react-query'
import type { CSSProperties } from 'react'
import { moveOf } from '../filter.ts'
import type { Ticker } from '../protocol.ts'
import { sources } from './sources.ts'
import { count, move, price, trend } from './texts.ts'

export function TickerDetail({ symbol }: { readonly symbol: string }) {
  const { data, error } = useQuery(sources.ticker({ symbol }))
  return (
    <section className="card detail" aria-label={symbol}>
      <h2>
        {symbol} <small>{data?.name}</small>
      </h2>
      {error && <p role="alert">{error.message}</p>}
      {data && <Figures ticker={data} />}
      <OrderForm symbol={symbol} />
    </section>
  )
}

function Figures({ ticker }: { readonly ticker: Ticker }) {
  const { low, high, volume, held, sector } = ticker
  const moved = moveOf(ticker)
  const at = high > low ? (ticker.price - low) / (high - low) : 0.5
  return (
    <>
      <p className="price">
        {price(ticker.price)} <span className={trend(moved)}>{move(moved)}</span>
      </p>
      <div className="range" style={{ '--at': at } as CSSProperties}>
        <span>{price(low)}</span>
        <i aria-hidden="true" />
        <span>{price(high)}</span>
      </div>
      <dl className="figures">
        <dt>Sector</dt>
        <dd>{sector}</dd>
        <dt>Volume</dt>
        <dd>{count(volume)}</dd>
        <dt>Held</dt>
        <dd>{count(held)}</dd>
      </dl>
    </>
  )
}

function OrderForm({ symbol }: { readonly symbol: string }) {
  const { mutate, isPending, error } = useMutation(sources.placeOrder())
  const order = (form: HTMLFormElement, sign: number) => {
    if (form.reportValidity()) mutate({ symbol, size: sign * Number(new FormData(form).get('size')) })
  }
  return (
    <form
      className="order"
      aria-label="Order"
      onSubmit={(event) => {
        event.preventDefault()
        const { submitter } = event.nativeEvent as SubmitEvent
        order(event.currentTarget, submitter?.textContent === 'Sell' ? -1 : 1)
      }}
    >
      <label>
        Size
        <input name="size" type="number" defaultValue={100} min={1} max={1000} required />
      </label>
      <button type="submit" className="buy">
        Buy
      </button>
      <button type="submit">Sell</button>
      <p className="outcome" role={error ? 'alert' : undefined}>
        {error?.message ?? (isPending ? 'On its way …' : '')}
      </p>
    </form>
  )
}
