/** The keys of live queries and mutations: `[LIVE_KEY, name, params, …]`. */

/** First element of every key. */
export const LIVE_KEY = 'live'

/** The second. */
export function keyName({ scope }: { readonly scope: string | undefined }, name: string): string {
  return scope === undefined ? name : `${scope}/${name}`
}

export type Params = Readonly<Record<string, unknown>>
