'use client'
import { useMemo } from 'react'
import { compareKeys, type OrderKey } from '../../../query/index.ts'
import type { ChatMessage, Id } from '../../model/data/types.ts'
import { orderOf } from '../../model/messages/messages.ts'
import type { PlaceOf } from '../../model/session/context.ts'

interface Page {
  readonly items: readonly ChatMessage[]
}

interface Known {
  readonly room: string
  readonly places: Map<string, OrderKey>
  /** The pages that were looked at last. */
  pages: readonly Page[]
}

/**
 * Where the messages of a room stand, no two at the same place. Kept when a message goes: who has read as far as one
 * that was deleted has read what is before it.
 */
export function usePlaces(roomId: Id, pages: readonly Page[]): PlaceOf {
  const room = String(roomId)
  const known = useMemo((): Known => ({ room, places: new Map(), pages: [] }), [room])
  // Another function for other messages, so that what is memoised by it is made anew.
  return useMemo(() => {
    placeAll(known, pages)
    return (id) => known.places.get(String(id))
  }, [pages, known])
}

/** Only what changed is looked at, and what follows it as long as it may have to stand behind that. */
function placeAll(known: Known, pages: readonly Page[]): void {
  const { pages: old } = known
  const most = Math.min(old.length, pages.length)
  let older = 0
  while (older < most && old.at(-1 - older) === pages.at(-1 - older)) older++
  let newer = 0
  while (newer < most - older && old[newer] === pages[newer]) newer++
  known.pages = pages
  let before: OrderKey | undefined
  for (let at = pages.length - older; at < pages.length && !before; at++) before = lastPlace(known, pages[at])
  for (let at = pages.length - older - 1; at >= 0; at--) {
    const page = pages[at] as Page
    const first = page.items.find((message) => isShown(known, message))
    if (!first) continue
    if (at < newer && !isAt(first, before)) return
    before = placePage(known, page, { before, was: at >= newer ? old.at(at - pages.length) : undefined })
  }
}

interface Around {
  readonly before: OrderKey | undefined
  /** What the page was. */
  readonly was: Page | undefined
}

function placePage(known: Known, { items }: Page, { before, was }: Around): OrderKey | undefined {
  let from = 0
  while (from < items.length && items[from] === was?.items[from]) from++
  const same = items.slice(0, from)
  // The first one may have to stand behind something new.
  const isSame =
    from > 0 &&
    !isAt(
      same.find((message) => isShown(known, message)),
      before,
    )
  let last = isSame ? (lastPlace(known, { items: same }) ?? before) : before
  for (const message of isSame ? items.slice(from) : items) {
    if (!isShown(known, message)) continue
    const order = orderOf(message)
    last = [...order, isAt(message, last) ? Number(last?.at(-1)) + 1 : 0]
    known.places.set(String(message.id), last)
  }
  return last
}

function isShown({ room }: Known, message: ChatMessage): boolean {
  return String(message.room_id) === room && !message.local
}

function lastPlace(known: Known, page: Page | undefined): OrderKey | undefined {
  return known.places.get(String(page?.items.findLast((message) => isShown(known, message))?.id))
}

function isAt(message: ChatMessage | undefined, place: OrderKey | undefined): boolean {
  return message !== undefined && place !== undefined && compareKeys(orderOf(message), place) === 0
}
