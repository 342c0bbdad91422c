/** Follows one live query of an entity: what it is told reaches the others, and what they were told lies over its data. */
import type { LiveEvent } from '../../transport/port.ts'
import { changeItem } from '../fold/items.ts'
import type { Op } from '../fold/op.ts'
import type { Follower } from '../live/definition.ts'
import type { Input } from '../live/inputs.ts'
import type { LiveQuery } from '../live/records.ts'
import { isContinuous } from '../live/state.ts'
import { createHolder, type Holder, heldBy, idIn, newestIn, type Shared, schemaOf } from './holder.ts'
import { forget, learn, lose, recover, scan, sweep } from './newest.ts'
import { laidOver, opElsewhere, prune } from './overlay.ts'

export function followerOf(of: Shared, live: unknown): Follower {
  const holder = createHolder(of, live as LiveQuery)
  return {
    met(input) {
      meet(holder, input)
      if (!holder.live.state.unfolded) holder.heard.clear()
    },
    over(_ops, landing) {
      if (landing === undefined) prune(holder)
      else scan(holder, landing, isTrusted(holder))
      return laidOver(holder)
    },
    elsewhere(change, isNews) {
      const { op } = change
      const own = opElsewhere(holder, change)
      if (!own) return undefined
      if (isNews && 'item' in op) learn(op.item, { by: holder, schema: schemaOf(holder, change) })
      return isNews || heldBy(holder, String('id' in own && own.id)) === undefined ? undefined : own
    },
  }
}

/** Parts of a history that has a hole may have been patched past it. */
function isTrusted({ live }: Holder): boolean {
  return !live.kind.confirms || isContinuous(live.state)
}

function meet(holder: Holder, input: Input): void {
  const { live, store } = holder
  const { base } = live.state
  switch (input.type) {
    case 'heard':
      for (const { op, of } of input.ops) take(holder, op, of)
      break
    case 'told':
      for (const op of input.ops) take(holder, op)
      break
    case 'asked':
      holder.askedAt = isContinuous(live.state) ? undefined : store.learned
      break
    case 'fetched':
    case 'merged':
      scan(holder, base, isContinuous(live.state))
      if (isContinuous(live.state)) recover(holder, base)
      break
    case 'found':
      scan(holder, base, false)
      break
    case 'disowned':
      forget(store)
      break
    case 'due':
      if (holder.isUnsure) scan(holder, base, isContinuous(live.state))
      holder.isUnsure = false
      sweep(store)
      break
    default:
  }
}

function take(by: Holder, op: Op<unknown>, event?: LiveEvent): void {
  if (op.kind === 'reduce') {
    by.isUnsure = true
    return
  }
  const id = idIn(by, op)
  if (op.kind === 'remove') {
    by.heard.set(id, undefined)
    return lose(id, { by, event })
  }
  const before = newestIn(by, id)
  // Whether this query shows it is another question.
  const item = changeItem(by.spec, op, before)
  if (item === before) return
  by.heard.set(id, item)
  // As soon as it is folded there is nothing to lay over it.
  const laid = by.newer.get(id)
  if (laid && laid.version <= Number(by.of.version(item))) by.newer.delete(id)
  // Fields alone are a whole state only on top of one that lacks nothing.
  if ('item' in op) learn(op.item, { by, event, before })
  else if (isContinuous(by.live.state)) learn(item, { by, event, before })
}
