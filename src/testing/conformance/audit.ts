/** Compares what a subject shows with what the server has. */
import type { ConformanceItem, ConformanceServer } from './backEnd.ts'
import { byRank, isSome, PART } from './liveDefinitions.ts'
import type { World } from './schedule.ts'
import type { Shown, Target } from './subject.ts'

/**
 * `lost`: missing. `ghost`: there, but not on the server. `stale`: an older state. `duplicate`: twice.
 * `misplaced`: in the wrong order. `stuck`: pending, fetching, failed or optimistic for ever.
 */
export type FindingKind = 'lost' | 'ghost' | 'stale' | 'duplicate' | 'misplaced' | 'stuck'

export interface Finding {
  readonly kind: FindingKind
  readonly target: Target | 'sends'
  readonly detail: string
}

/** Holds at every moment, not only in the end: no row twice. */
export function auditMoment({ subject }: World): Finding[] {
  return subject.targets.flatMap((target) => duplicatesIn(target, subject.shown(target)?.items ?? []))
}

/** Whether rows of one's own are looked at between steps, too. Off while they may be away, or twice, for a moment. */
const OWN_ROWS_ARE_CHECKED: boolean = false

/**
 * Holds at every notification of every observer and of the cache: no row twice, and no row of one's own gone, unless it
 * was deleted, discarded, or left the window. Returns what it finds, as it finds it; `forget` at a page load.
 */
export function watchMoments(world: World): {
  readonly findings: readonly Finding[]
  /** To be called after each step in which no other cache took the place of this one. */
  confirm(): void
  forget(target?: Target): void
} {
  const findings: Finding[] = []
  const own = new Map<Target, ReadonlySet<string>>()
  const pace = watchPace(world)
  const versions = watchVersions(world)
  world.subject.watch?.((target, shown) => {
    if (findings.length > 0) return
    const rows = OWN_ROWS_ARE_CHECKED ? shown.items : shown.items.filter(({ id }) => typeof id === 'number')
    findings.push(...pace(target, shown), ...duplicatesIn(target, rows), ...garbledIn(world, target, rows))
    versions.look(target, shown)
    if (!OWN_ROWS_ARE_CHECKED || (target !== 'newest' && target !== 'around')) return
    const present = new Set(shown.items.flatMap(({ client_id }) => client_id ?? []))
    for (const clientId of own.get(target) ?? []) {
      if (!present.has(clientId) && isExpected(world, shown, clientId)) {
        findings.push(finding('lost', target, `the row of ${clientId}, for a moment`))
      }
    }
    own.set(target, present)
  })
  return {
    findings,
    confirm: () => void findings.push(...versions.suspects.splice(0)),
    forget: (target) => {
      versions.forget()
      return target ? own.delete(target) : own.clear()
    },
  }
}

/** Whether an item goes back to what it was. */
function watchVersions({ isEntity }: World) {
  const newest = new Map<string, number>()
  const suspects: Finding[] = []
  return {
    suspects,
    forget() {
      newest.clear()
      suspects.length = 0
    },
    look(target: Target, { items }: Shown) {
      for (const { id, version } of isEntity ? items : []) {
        const name = `${target} ${id}`
        const before = newest.get(name) ?? 0
        newest.set(name, Math.max(version, before))
        if (version < before)
          suspects.push(finding('stale', target, `version ${version} of ${id} after ${before}`))
      }
    },
  }
}

/** More than anything that a schedule does at once. */
const MAX_FETCHES_PER_SECOND = 50

/** Whether a query fetches without end, which shows in no data. */
function watchPace({ clock }: World): (target: Target, shown: Shown) => Finding[] {
  const paces = new Map<Target, { from: number; count: number; before: Shown['fetchStatus'] }>()
  return (target, { fetchStatus }) => {
    const pace = paces.get(target) ?? { from: 0, count: 0, before: 'idle' }
    paces.set(target, pace)
    if (clock.now() - pace.from > 1_000) Object.assign(pace, { from: clock.now(), count: 0 })
    if (fetchStatus === 'fetching' && pace.before !== 'fetching') pace.count++
    pace.before = fetchStatus
    return pace.count > MAX_FETCHES_PER_SECOND ? [finding('stuck', target, 'fetched over and over')] : []
  }
}

/** It waits, failed and is not discarded, or the server has it within the loaded range. */
function isExpected({ subject, server }: World, shown: Shown, clientId: string): boolean {
  const item = server.state.items.find(({ client_id }) => client_id === clientId)
  if (shown.status !== 'success' || shown.hasNewer) return false
  if (!item) return subject.isSending?.(clientId) === true
  const [position, id] = (shown.hasOlder ? shown.low : undefined) ?? []
  return position === undefined || compare(item, { position: Number(position), id: Number(id) }) >= 0
}

/** Holds once everything is quiet. `expected`: what a server without history can be expected to be known of. */
export function auditEnd(world: World, expected?: readonly ConformanceItem[]): Finding[] {
  const { subject } = world
  const findings = subject.targets.flatMap((target) => {
    const shown = subject.shown(target)
    // Of one that was deleted there is nothing to say but that.
    if (target === 'detail' && !world.server.state.items.some(({ id }) => id === world.around))
      return shown?.status === 'error' ? [] : [finding('ghost', target, `${shown?.status}`)]
    if (shown?.status !== 'success' || shown.fetchStatus !== 'idle') {
      return [finding('stuck', target, `${shown?.status} ${shown?.fetchStatus}`)]
    }
    if (shown.topic) return auditTopic(world.server, shown.topic)
    const items = inWindow(expected ?? world.server.state.items, target, shown)
    return auditItems(world, target, { shown, expected: items })
  })
  return [...findings, ...auditSends(world)]
}

/** A timeline shows what it has loaded, and no more pages than it may hold. */
function inWindow(
  items: readonly ConformanceItem[],
  target: Target,
  shown: Shown,
): readonly ConformanceItem[] {
  if (target === 'detail') return items.filter(({ id }) => id === shown.items[0]?.id)
  if (target === 'list') return items.toSorted(byRank)
  if (target === 'filtered') return items.filter(isSome).toSorted((a, b) => byRank(b, a))
  if (target === 'part') return items.toSorted(byRank).slice(PART.offset, PART.offset + PART.limit)
  const [position, id] = (shown.hasOlder ? shown.low : undefined) ?? []
  const newest = shown.hasNewer ? shown.items.at(-1) : undefined
  return items.filter((item) => {
    const isAbove =
      position === undefined || compare(item, { position: Number(position), id: Number(id) }) >= 0
    return isAbove && (newest === undefined || compare(item, newest) <= 0)
  })
}

function compare(
  a: Pick<ConformanceItem, 'position' | 'id'>,
  b: Pick<ConformanceItem, 'position' | 'id'>,
): number {
  return a.position - b.position || a.id - b.id
}

function auditItems(
  { level }: World,
  target: Target,
  { shown, expected }: { readonly shown: Shown; readonly expected: readonly ConformanceItem[] },
): Finding[] {
  const findings = duplicatesIn(target, shown.items)
  const actual = new Map(shown.items.map((item) => [item.id, item]))
  const wanted = new Map(expected.map((item) => [item.id, item]))
  const texts = new Set(expected.map(({ text }) => text))
  for (const item of expected) {
    const found = actual.get(item.id)
    if (!found) findings.push(finding('lost', target, JSON.stringify(item)))
    else if (!isEqual(level, item, found)) {
      findings.push(finding('stale', target, `${JSON.stringify(found)} for ${JSON.stringify(item)}`))
    }
  }
  for (const item of shown.items) {
    if (wanted.has(item.id)) continue
    if (typeof item.id === 'number') findings.push(finding('ghost', target, JSON.stringify(item)))
    // Where nothing is acknowledged, a row waits for its echo, and the echo may have been missed.
    else if (level > 0 || texts.has(item.text)) findings.push(finding('stuck', target, JSON.stringify(item)))
  }
  const order = shown.items.flatMap((item) => (wanted.has(item.id) ? [item.id] : []))
  const right = expected.flatMap((item) => (actual.has(item.id) ? [item.id] : []))
  if (findings.length === 0 && order.join() !== right.join()) {
    findings.push(finding('misplaced', target, `${order.join()} for ${right.join()}`))
  }
  return findings
}

function isEqual(level: number, a: ConformanceItem, b: ConformanceItem): boolean {
  const fields = ['position', 'text', 'rank', 'version'] as const
  // A plain consumer forgets the client id; the row keeps it all the same.
  return fields.every((field) => a[field] === b[field]) && (level === 0 || a.client_id === b.client_id)
}

function auditTopic(server: ConformanceServer, topic: object): Finding[] {
  const expected = JSON.stringify(server.state.topic)
  const { text, version, changes } = topic as ConformanceServer['state']['topic']
  const actual = JSON.stringify({ text, version, changes })
  return actual === expected ? [] : [finding('stale', 'topic', `${actual} for ${expected}`)]
}

function auditSends({ sent, server, level }: World): Finding[] {
  if (level === 0) return []
  const texts = server.state.items.map(({ text }) => text)
  return [...sent].flatMap(([text, state]) => {
    const isDoubled = texts.indexOf(text) !== texts.lastIndexOf(text)
    return [
      ...(state === 'open' ? [finding('stuck', 'sends', text)] : []),
      ...(isDoubled ? [finding('duplicate', 'sends', text)] : []),
    ]
  })
}

function duplicatesIn(target: Target, items: readonly ConformanceItem[]): Finding[] {
  const seen = new Set<unknown>()
  return items.flatMap((item) => {
    const key = item.client_id ?? item.id
    if (seen.has(key) || seen.has(item.id)) return [finding('duplicate', target, JSON.stringify(item))]
    seen.add(key).add(item.id)
    return []
  })
}

/** What it shows is what the server has said, or the beginning of it; a change of one's own may be shown before that. */
function garbledIn({ server }: World, target: Target, items: readonly ConformanceItem[]): Finding[] {
  return items.flatMap(({ id, text }) => {
    const said = server.said?.(id) ?? [text]
    const isSaid = text.startsWith('own ') || said.some((each) => each.startsWith(text))
    return isSaid ? [] : [finding('stale', target, `"${text}", never said by ${id}: ${JSON.stringify(said)}`)]
  })
}

function finding(kind: FindingKind, target: Finding['target'], detail: string): Finding {
  return { kind, target, detail }
}
