/** What holds at every notification: no row twice, no row of elsewhere, and one's own words there from being shown on. */
import type { ChatMessage } from '../../src/chat/index.ts'
import type { Page, View } from './page.ts'
import { baseOf, typistOf } from './world.ts'

export interface ViewMemory {
  readonly render: Shown
  readonly write: Shown
}

interface Shown {
  user: string | undefined
  era: string
  /** How often each of one's own texts was shown last. */
  own: ReadonlyMap<string, number>
}

const nothing = (): Shown => ({ user: undefined, era: '', own: new Map() })
export const createViewMemory = (): ViewMemory => ({ render: nothing(), write: nothing() })

export interface Seen {
  readonly rows: readonly ChatMessage[] | undefined
  /** `render`: what a component would be rendered with. `write`: what is in the cache after each write, also in mid-batch. */
  readonly via: Via
}

export type Via = 'render' | 'write'

export function checkView(page: Page, view: View, { rows = [], via }: Seen): void {
  const { world } = page
  const memory = view.memory[via]
  const report = (kind: string, detail: string) =>
    world.report(via === 'write' ? `${kind}-in-a-write` : kind, detail)
  const at = `${page.name}/${view.roomId} (${via})`
  for (const row of doubled(rows)) report('row-twice', `${at}: ${row.id} "${row.content}"`)
  const user = page.believed()
  for (const row of rows) {
    if (String(row.room_id) !== view.roomId)
      report('row-of-other-room', `${at}: "${row.content}" of ${row.room_id}`)
    // Just after a change that it was told of, the page may still take one for the former user.
    const typist = typistOf(row.content)
    if (row.local && user !== undefined && typist !== user && typist !== page.typist())
      report('row-of-other-user', `${at}: "${row.content}" ${row.local.status}, ${user} is signed in`)
  }
  const own = countOwn(rows, user)
  for (const [text, count] of own) {
    const sends = world.sent.filter((sent) => sent.text === text && sent.roomId === view.roomId).length
    if (sends > 0 && count > sends) report('own-twice', `${at}: "${text}" ${count} times`)
  }
  // What leaves with its user leaves all at once.
  const era = page.era()
  if (memory.user === user && memory.era === era && !(page.wasSignedOut && rows.length === 0)) {
    for (const [text, before] of memory.own) {
      const now = own.get(text) ?? 0
      if (now < before && !mayVanish(page, { rows, text, roomId: view.roomId, before, now }))
        report('own-vanished', `${at}: "${text}" ${before} → ${now} of ${rows.length} rows`)
    }
  }
  Object.assign(memory, { user, era, own })
}

function doubled(rows: readonly ChatMessage[]): ChatMessage[] {
  const seen = new Set<string>()
  return rows.filter(({ id, client_id, sender }) => {
    const keys = [`id ${id}`, ...(client_id ? [`client ${client_id} ${sender.id}`] : [])]
    const isTwice = keys.some((key) => seen.has(key))
    for (const key of keys) seen.add(key)
    return isTwice
  })
}

function countOwn(rows: readonly ChatMessage[], user: string | undefined): Map<string, number> {
  const own = new Map<string, number>()
  for (const { content } of rows) {
    const text = baseOf(content)
    if (typistOf(text) === user) own.set(text, (own.get(text) ?? 0) + 1)
  }
  return own
}

function isFromElsewhere(page: Page, content: string): boolean {
  const isOurs = page.world.sent.some(({ text, pages }) => text === content && pages.has(page))
  return !isOurs && typistOf(content) === page.believed()
}

interface Vanished {
  readonly rows: readonly ChatMessage[]
  readonly text: string
  readonly roomId: string
  readonly before: number
  readonly now: number
}

/** Deleted, thrown away, taken for what it is not, or older than what is loaded. */
function mayVanish(page: Page, { rows, text, roomId, before, now }: Vanished): boolean {
  const { world } = page
  if (world.deleted.has(text)) return true
  // Without client ids one's own words from elsewhere stand for the oldest on its way, until its own echo comes.
  if (world.level === 0 && rows.some(({ content }) => isFromElsewhere(page, content))) return true
  const messages = world.server.state().rooms.find(({ id }) => id === roomId)?.messages ?? []
  const lowest = messages.findIndex(({ id }) => rows.some((row) => row.id === id))
  const below = messages.filter(({ content }, at) => at < lowest && baseOf(content) === text)
  return now >= before - below.length
}
