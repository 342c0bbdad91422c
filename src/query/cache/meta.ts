/** What a snapshot says beside its items (totals, facets): cached beside the list, for whoever asks for it. */
import { LIVE_KEY } from '../keys.ts'
import { hashKey, type QueryClient, queryOptions } from '../tanstack.ts'
import { answers, writeBeside } from './writer.ts'

declare const BESIDE: unique symbol

/** Options of a list whose snapshots say this, too. */
export interface Besides<Beside> {
  readonly queryKey: readonly unknown[]
  /** For the compiler only; there is none. */
  readonly [BESIDE]?: Beside
}

type Fields = Readonly<Record<string, unknown>>

/** In front of what is of a list and no list. */
export const META_KEY = `${LIVE_KEY}.meta`

const keyFor = ([, ...rest]: readonly unknown[]) => [META_KEY, ...rest]

/**
 * For `useQuery`: all that the snapshot of a list says but its items, as it was said last. `data` of the list stays the array.
 * Read it where the list is read: events change the list, and only its next snapshot changes this.
 *
 * @example
 * ```ts
 * const { data: rows } = useQuery(prices({ market }))
 * const { data: more } = useQuery(meta(prices({ market })))      // { total: 5 }
 * ```
 */
export function meta<Beside = Fields>(options: Besides<Beside>) {
  answers.heard = keep
  const queryKey = keyFor(options.queryKey)
  return queryOptions({
    queryKey,
    queryFn: async ({ client }) => {
      const told = () => client.getQueryData<Beside>(queryKey)
      // Fresh, it is not asked for again; what it said before anybody wanted to know, nobody has kept.
      await client.query(options)
      if (!told()) await client.query({ ...options, staleTime: 0 })
      return told() as Beside
    },
    networkMode: 'always',
    staleTime: 0,
  })
}

function keep(queryClient: QueryClient, queryKey: readonly unknown[], answer: unknown): void {
  const beside = keyFor(queryKey)
  if (queryClient.getQueryCache().get(hashKey(beside))) writeBeside(queryClient, beside, besideItems(answer))
}

function besideItems(answer: unknown): Fields {
  if (Array.isArray(answer)) return {}
  const { as_of, asOf, epoch, ...fields } = Object(answer) as Fields
  const items = 'items' in fields ? 'items' : Object.keys(fields).find((name) => Array.isArray(fields[name]))
  return Object.fromEntries(Object.entries(fields).filter(([name]) => name !== items))
}
