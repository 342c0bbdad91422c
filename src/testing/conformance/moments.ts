/** What holds at every notification, and not only once everything is quiet. */
import { compare, duplicatesIn, type Finding, finding, garbledIn } from './audit.ts'
import type { World } from './schedule.ts'
import type { Shown, Target } from './subject.ts'

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

/** Whether an item goes back to what it was. Of two snapshots of data that lacks something nobody knows which is older. */
function watchVersions({ isEntity }: World) {
  const newest = new Map<string, number>()
  const suspects: Finding[] = []
  return {
    suspects,
    forget() {
      newest.clear()
      suspects.length = 0
    },
    look(target: Target, { items, isLive }: Shown) {
      for (const { id, version } of isEntity ? items : []) {
        const name = `${target} ${id}`
        const before = newest.get(name) ?? 0
        if (isLive) newest.set(name, Math.max(version, before))
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
