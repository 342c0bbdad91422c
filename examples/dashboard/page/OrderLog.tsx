/** Every order there ever was: new ones come by themselves, old ones by page, over HTTP. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { memo } from 'react'
import type { Order } from '../protocol.ts'
import { sources } from './sources.ts'
import { count, price } from './texts.ts'

export function OrderLog() {
  const {
    data = [],
    error,
    hasNextPage,
    isFetchingNextPage,
    fetchNextPage,
  } = useInfiniteQuery(sources.orders())
  return (
    <section className="card log" aria-label="Orders">
      <h2>Orders</h2>
      {error && <p role="alert">{error.message}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by the keyboard as well */}
      <ol tabIndex={0}>
        {data.toReversed().map((order) => (
          <Entry key={order.id} order={order} />
        ))}
      </ol>
      {hasNextPage && (
        <button type="button" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {isFetchingNextPage ? 'Loading …' : 'Older'}
        </button>
      )}
    </section>
  )
}

const time = new Intl.DateTimeFormat('en-GB', { dateStyle: 'short', timeStyle: 'short' })

const Entry = memo(function Entry({ order }: { readonly order: Order }) {
  const { id, at, user, symbol, size } = order
  return (
    <li>
      <span>
        <b>{user}</b> {size > 0 ? 'bought' : 'sold'} {count(Math.abs(size))} {symbol} at {price(order.price)}
      </span>
      <small>
        #{id} · {time.format(at)}
      </small>
    </li>
  )
})
