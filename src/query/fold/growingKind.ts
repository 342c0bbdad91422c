/**
 * Data with items that grow: what is known of their texts beyond what a snapshot has of them, or before there is such an item, is
 * kept beside it. All of it are facts about what the server has: nothing is lost by being told twice, or in another order.
 */
import type { Id } from '../../transport/port.ts'
import { createGrowth, type Growth, grown, hasHole, hold, type TextPiece } from './growth.ts'
import { isId, type SequencedOp } from './items.ts'
import type { Kind, Window } from './kinds.ts'
import type { Op } from './op.ts'

/** A piece, of which text. */
export interface PieceOf extends TextPiece {
  readonly id?: Id
  /** The field that grows; the value itself where there is none. */
  readonly field?: PropertyKey
}

type Patch = Extract<Op<unknown>, { kind: 'patch' }>
type Fields = Readonly<Record<PropertyKey, unknown>>

interface Growing {
  readonly growth: Growth
  /** The last piece, checked by what checks all ops. */
  op: Op<unknown> | undefined
}

type Texts = Map<PropertyKey, Growing>

/** By id, then by field. */
type Book = Map<string, Texts>

/** What is asked of items. */
interface Traits {
  readonly id?: (item: unknown) => unknown
  readonly version?: (item: unknown) => number | undefined
  /** Reducers; those that make items grow may know which of them still do. */
  readonly events?: Readonly<Record<string, { readonly grows?: (item: never) => boolean } | undefined>>
}

interface Known {
  readonly book: Book
  readonly traits: Traits
}

/** So many items are known to grow. */
const MAX_GROWING = 200

// Of the kinds that were made here; whoever makes an op has nothing else in hands.
const known = new WeakMap<object, Known>()

export function growingKind(kind: Kind, traits: Traits): Kind {
  const book: Book = new Map()
  let last: unknown
  /** What is known of these, into the data. */
  const catchUp = (data: unknown, ids: Iterable<string>, window: Window) => {
    const ops = [...ids].flatMap((id) => [...(book.get(id)?.values() ?? [])].flatMap(({ op }) => op ?? []))
    return ops.length > 0 ? kind.fold(data, ops.map(unnumbered), window) : data
  }
  const growing: Kind = {
    ...kind,
    fold(data, ops, window) {
      // What was not made here is a snapshot, or what others wrote: of whatever moment.
      const before = data === last ? data : catchUp(data, asked(book), window)
      const folded = kind.fold(before, ops, window)
      last = catchUp(folded, afterwards(book, traits, ops), window)
      return last
    },
    hasHole(data, window) {
      const ids = [...book].flatMap(([id, texts]) => {
        return [...texts.values()].some(({ growth }) => hasHole(growth)) ? [id] : []
      })
      return ids.some((id) => isThere(kind, data, { id, window }))
    },
    isGrowing(data, window) {
      const tests = Object.values(traits.events ?? {}).flatMap((each) => each?.grows ?? [])
      if (tests.length === 0) return [...book.values()].some(isMet)
      return itemsIn(kind, data, window).some((item) => tests.some((grows) => grows(item as never)))
    },
  }
  known.set(growing, { book, traits })
  return growing
}

const unnumbered = (op: Op<unknown>): SequencedOp<unknown> => ({ op, seq: undefined })

/** Keeps what has met no item; returns which items may lack what is known of them. */
function afterwards(book: Book, { id, version }: Traits, ops: readonly SequencedOp<unknown>[]): Set<string> {
  const again = new Set<string>()
  for (const { op } of ops) {
    if (op.kind === 'remove') book.delete(String(op.id))
    if (op.kind === 'patch') op.piece?.keep(op)
    if (!('item' in op) || book.size === 0) continue
    const name = id ? String(id(op.item)) : ''
    // Without versions, what the server tells is how it is now, be it less than before.
    if (version?.(op.item) === undefined && isMet(book.get(name))) book.delete(name)
    else again.add(name)
  }
  return again
}

/** It has come: what was not as it was told is as it says. */
function asked(book: Book): Iterable<string> {
  for (const [id, texts] of book) {
    for (const { growth } of texts.values()) {
      growth.tries += hasHole(growth) ? 1 : 0
      if (growth.isOdd) book.delete(id)
    }
  }
  return book.keys()
}

const isMet = (texts: Texts | undefined) =>
  texts !== undefined && [...texts.values()].some(({ growth }) => growth.text !== undefined)

function isThere(
  kind: Kind,
  data: unknown,
  { id, window }: { readonly id: string; readonly window: Window },
): boolean {
  let isFound = false
  const make = (item: unknown) => {
    isFound = true
    return item
  }
  kind.fold(data, [unnumbered({ kind: 'patch', id, fields: {}, make })], window)
  return isFound
}

/** Whatever kind it is of, without knowing what that looks like. */
function itemsIn(kind: Kind, data: unknown, window: Window): unknown[] {
  const items: unknown[] = []
  const apply = (some: unknown) => {
    for (const item of Array.isArray(some) ? some : [some]) items.push(item)
    return some
  }
  kind.fold(data, [unnumbered({ kind: 'reduce', apply })], window)
  return items
}

/** `grows`: whether an item still does. @throws Error where it is no piece of a text */
export function pieceOp(
  { id, field = '', at, text }: PieceOf,
  kind: object | undefined,
  grows?: (item: never) => boolean,
): Patch {
  if (!Number.isSafeInteger(at) || at < 0 || typeof text !== 'string')
    throw new Error('a piece is { at, text }: a number of code points, from 0 on, and a text')
  const { book, traits }: Known = (kind && known.get(kind)) ?? { book: new Map(), traits: {} }
  const name = isId(id) ? String(id) : ''
  let isTaken = false
  return {
    kind: 'patch',
    // A value has none, and is meant all the same.
    id: id as Id,
    fields: {},
    make(item) {
      isTaken = true
      if (grows && !grows(item as never)) {
        book.delete(name)
        return item
      }
      const before = (field === '' ? item : (item as Fields)[field]) ?? ''
      if (typeof before !== 'string') throw new Error(`"${String(field)}" is no text that could grow`)
      const { growth } = growingIn(book, name, field)
      const after = grown(growth, { text: before, version: traits.version?.(item) }, { at, text })
      if (after === before) return item
      return field === '' ? after : { ...(item as Fields), [field]: after }
    },
    piece: {
      keep(op) {
        if (isTaken && !book.has(name)) return
        const growing = growingIn(book, name, field)
        growing.op = op
        if (!isTaken) hold(growing.growth, { at, text })
        isTaken = true
      },
    },
  }
}

function growingIn(book: Book, name: string, field: PropertyKey): Growing {
  const texts: Texts = book.get(name) ?? new Map()
  const growing: Growing = texts.get(field) ?? { growth: createGrowth(), op: undefined }
  texts.set(field, growing)
  book.set(name, texts)
  const [oldest = name] = book.keys()
  if (book.size > MAX_GROWING) book.delete(oldest)
  return growing
}
