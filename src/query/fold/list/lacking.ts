/** Whether a list lacks items by what happened: it is filtered, or a page of a longer one, and holds only what is in it. Pure. */
import { changeItem, type ItemSpec, idOf, type SequencedOp } from '../items.ts'
import type { Op } from '../op.ts'
import { draftOf, itemOf } from './foldList.ts'

export function isLacking<Item>(
  spec: ItemSpec<Item>,
  data: readonly Item[],
  ops: readonly Pick<SequencedOp<Item>, 'op'>[],
): boolean {
  const draft = draftOf(spec, data)
  return ops.some(({ op }) => {
    if (op.kind === 'reduce') return false
    const id = idOf(spec, op)
    const before = itemOf(draft, id)
    const after = changeItem(spec, op, before)
    draft.changes.set(id, after)
    const isHere = before !== undefined
    if (op.kind === 'patch' && !isHere) return op.id === undefined && mayEnter(spec, op)
    // What comes, goes or moves anywhere in the whole list moves what a page of it begins with.
    return spec.isPage === true && !(isHere && after !== undefined && !spec.sort?.(before, after))
  })
}

/** Of an item that is not there nothing is known but what is changed. */
function mayEnter<Item>(
  { where, isPage, sort }: ItemSpec<Item>,
  { fields, isMade }: Extract<Op<Item>, { kind: 'patch' }>,
): boolean {
  if (!where || isMade) return where ? true : Boolean(isPage && sort)
  let isKnown = true
  // Every way of looking at it: "no" is final only where it looked at nothing else.
  const ways = new Proxy(Reflect, {
    get: (all, way: keyof typeof Reflect) => (target: object, name: string, by: unknown) => {
      isKnown &&= way === 'get' && Object.hasOwn(target, name)
      return (all[way] as (...looked: unknown[]) => unknown)(target, name, by)
    },
  })
  try {
    return where(new Proxy(fields, ways as ProxyHandler<Partial<Item> & object>) as Item) || !isKnown
  } catch {
    return true
  }
}
