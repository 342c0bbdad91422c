/** What a client can know that hears events and nothing else. */
import { createGrowth, type Growth, grown, type TextPiece } from '../../query/fold/growth.ts'
import type { LiveEvent } from '../../transport/port.ts'
import type { ConformanceItem } from './backEnd.ts'

/** What events make of items, for back ends where nothing else tells. */
export function applyEvents(
  items: readonly ConformanceItem[],
  events: readonly LiveEvent[],
): readonly ConformanceItem[] {
  const byId = new Map(items.map((item) => [item.id, item]))
  const gone = new Set<number>()
  const growths = new Map<number, Growth>()
  for (const event of events) {
    const { id } = event.payload as ConformanceItem
    if (gone.has(id) || event.type === 'topic') continue
    if (event.type === 'deleted') gone.add(id)
    const next = event.type === 'deleted' ? undefined : after(growths, byId.get(id), event)
    if (next) byId.set(id, next)
    else byId.delete(id)
  }
  return [...byId.values()].sort((a, b) => a.position - b.position || a.id - b.id)
}

function after(
  growths: Map<number, Growth>,
  known: ConformanceItem | undefined,
  { type, payload }: LiveEvent,
): ConformanceItem | undefined {
  const item = payload as ConformanceItem
  if (type === 'appended')
    return known?.isOpen ? { ...known, text: told(growths, known, payload as TextPiece) } : known
  const isOld = known && known.version >= item.version
  if (type === 'ranked') return isOld || !known ? known : { ...known, ...item }
  return isOld ? known : item
}

function told(growths: Map<number, Growth>, { id, text }: ConformanceItem, piece: TextPiece): string {
  const growth = growths.get(id) ?? createGrowth()
  growths.set(id, growth)
  return grown(growth, { text }, piece)
}
