/** What the definitions of all kinds of live data have in common. */
import { LiveError } from '../../transport/errors.ts'
import type { Kind } from '../fold/kinds.ts'
import type { FlawOf } from '../fold/soundOp.ts'
import { keyName, LIVE_KEY } from '../keys.ts'
import type { Definition } from '../live/definition.ts'
import { type QueryFunctionContext, queryOptions } from '../tanstack.ts'
import { changesFor } from './changes.ts'
import { type Answer, LIVE_QUERY_DEFAULTS, type SnapshotCall, takeSnapshot } from './queryFunction.ts'
import type { LiveQueryOptions } from './queryOptions.ts'
import { type Registry, registerQuery } from './registry.ts'

/** A definition as its kind makes it of the options. */
export interface Given {
  readonly name: string
  /** As the application wrote them, for items of any type. */
  readonly options: unknown
  readonly source: unknown
  readonly kind: Kind
  readonly kindFor?: (queryKey: readonly unknown[]) => Kind
  readonly flawOf: FlawOf
  readonly pageSize?: number | undefined
}

/** Makes the name known. `factoryFor`: makes what returns the query options. */
export function defineQuery<P, Item, Factory extends object>(
  registry: Registry,
  given: Given,
  factoryFor: (definition: Definition) => Factory,
) {
  const definition = registerQuery(registry, given as Definition)
  return Object.assign(factoryFor(definition), changesFor<P, Item>(given.name))
}

interface Page {
  readonly offset?: number | undefined
  readonly pageSize?: number | undefined
}

function pageIn([, , , page]: readonly unknown[], pageSize: number) {
  const { offset = 0, pageSize: limit = pageSize } = (page ?? {}) as Page
  return { param: { offset }, limit }
}

/** For data that is fetched as a whole. `read`: what is cached of an answer. */
export function defineWhole<P, Item, Data>(
  registry: Registry,
  given: Given,
  read: (answer: Answer, call: SnapshotCall) => unknown,
) {
  const { name, pageSize } = given
  return defineQuery<P, Item, (params?: P, page?: Page) => LiveQueryOptions<Data>>(
    registry,
    given,
    (definition) => {
      const queryFn = (context: QueryFunctionContext) => {
        if ('pageParam' in context)
          throw new LiveError('misconfigured', `"${name}" is no timeline: read it with useQuery`)
        const page = pageSize === undefined ? undefined : pageIn(context.queryKey, pageSize)
        const call = { registry, definition, context, page }
        return takeSnapshot(call, (answer) => read(answer, call) as Data)
      }
      return (params, page) =>
        queryOptions({
          ...LIVE_QUERY_DEFAULTS,
          queryKey: [
            LIVE_KEY,
            keyName(registry, name),
            params ?? ({} as P),
            ...(page ? [page] : []),
          ] as const,
          queryFn,
        })
    },
  )
}
