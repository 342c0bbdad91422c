/** Event reducers: what a server event does to cached data. They know nothing of pages, queries or channels. */
import type { Id } from '../../transport/port.ts'
import type { Op, Reducer, ReducerContext } from '../fold/op.ts'

type Select<Payload, Selected, P> = (payload: Payload, context: ReducerContext<P>) => Selected | undefined

/** `select`: what of the payload the op is made of. @default all of it */
function selecting<Payload, Selected, Item, P>(
  select: Select<Payload, Selected, P> | undefined,
  toOp: (selected: Selected) => Op<Item>,
): Reducer<Payload, Item, P> {
  return (payload, context) => {
    const selected = select ? select(payload, context) : (payload as unknown as Selected)
    return selected === undefined ? undefined : toOp(selected)
  }
}

/**
 * The event carries a new item (a message that was sent). Its place follows from `order` or `sort`; an item of the
 * same id is replaced, never doubled. Selecting `undefined` ignores the event.
 *
 * @example
 * ```ts
 * events: { chat_message: insert((event) => event) }
 * ```
 */
export function insert<Payload, Item, P = unknown>(
  select?: Select<Payload, Item, P>,
): Reducer<Payload, Item, P> {
  return selecting(select, (item) => ({ kind: 'insert', item }))
}

/** The event carries an item as it now is (created or changed). Selecting `undefined` ignores the event. */
export function upsert<Payload, Item, P = unknown>(
  select?: Select<Payload, Item, P>,
): Reducer<Payload, Item, P> {
  return selecting(select, (item) => ({ kind: 'upsert', item }))
}

/** The event carries some fields of an item, its id among them. They are merged; unknown items are left alone. */
export function patch<
  Payload,
  Item,
  P = unknown,
  // The schema says what an item is; an event with some of its fields does not.
  Selected extends Partial<NoInfer<Item>> = Partial<Item>,
>(select: Select<Payload, Selected, P>): Reducer<Payload, Item, P, unknown, Selected> {
  return selecting(select, (fields) => ({ kind: 'patch', fields }))
}

/** The event says that an item is gone. Select its id; `undefined` ignores the event. */
export function remove<Payload, P = unknown>(select: Select<Payload, Id, P>): Reducer<Payload, never, P> {
  return selecting(select, (id) => ({ kind: 'remove', id }))
}

/**
 * Anything else: a pure function of the data. A list gets all its items, a value itself, a timeline the items of
 * each loaded page in turn. Return the same reference when nothing changes.
 */
export function reduce<Data, Payload, P = unknown>(
  apply: (data: Data, payload: Payload, context: ReducerContext<P>) => Data,
): Reducer<Payload, never, P, Data> {
  return (payload, context) => ({
    kind: 'reduce',
    apply: (data: never) => {
      const next = apply(data as Data, payload, context)
      if (next === undefined) throw new TypeError('`reduce` returns nothing; return the data')
      return next as never
    },
  })
}
