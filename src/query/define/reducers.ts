/** Event reducers: what a server event does to cached data. They know nothing of pages, queries or channels. */
import type { Id } from '../../transport/port.ts'
import { growingKind, type PieceOf, pieceOp } from '../fold/growingKind.ts'
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

/** A piece of a text. */
export interface Piece<Item> {
  /** Of the item; none in a value. */
  readonly id?: Id
  /** The field that holds the text; none where the value is the text. */
  readonly field?: TextField<Item>
  /** How much of the text is before it, in Unicode code points: half of a character counts as one, until it is whole. */
  readonly at: number
  readonly text: string
}

type TextField<Item> = {
  [K in keyof Item]-?: string extends NonNullable<Item[K]> ? K : never
}[keyof Item]

/**
 * The event carries the next part of a text, such as the answer of a language model while it is written. It may come twice, or
 * in another order: what is there already is not added again, and what is behind a hole waits. A hole asks for a snapshot, once
 * for all that come together. The item says how the text begins, and, in an ordinary event, how it ended; it needs `version`
 * where it may begin anew. Of a filter of a list the end is asked again, not each piece. Selecting `undefined` ignores the event.
 *
 * @param grows Whether an item still does; what comes late for another one changes nothing. @default all do
 *
 * @example
 * ```ts
 * events: {
 *   answer_appended: append(({ answer_id, at, text }) => ({ id: answer_id, field: 'content', at, text }), ({ isDone }) => !isDone),
 *   answer_updated: upsert((event) => event.answer),
 * }
 * ```
 */
export function append<Payload, Item, P = unknown>(
  select: Select<Payload, Piece<NoInfer<Item>>, P>,
  grows?: (item: NoInfer<Item>) => boolean,
): Reducer<Payload, Item, P> {
  const reducer: Reducer<Payload, Item, P> = (payload, context, kind) => {
    const piece = select(payload, context)
    return piece && (pieceOp(piece as PieceOf, kind, grows) as Op<Item>)
  }
  return Object.assign(reducer, { kindOf: growingKind, grows })
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
