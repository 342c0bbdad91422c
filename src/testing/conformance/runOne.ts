/** One schedule from a seed to its findings. */
import { createRandom } from '../server/random.ts'
import { createVirtualClock } from '../virtualClock.ts'
import { applyEvents } from './applyEvents.ts'
import { auditEnd, auditMoment, type Finding, watchMoments } from './audit.ts'
import type { ConformanceBackEnd, ConformanceItem, ConformanceLevel, ConformanceParts } from './backEnd.ts'
import { createLiveSubject } from './liveSubject.ts'
import { createPlainSubject } from './plainSubject.ts'
import { calmDown, runSchedule, type World } from './schedule.ts'

export interface RunOptions {
  readonly level: ConformanceLevel
  readonly seed: number
  readonly steps: number
  readonly approach: 'live' | 'setQueryData'
  readonly createBackEnd: (parts: ConformanceParts) => ConformanceBackEnd
}

export interface Run {
  readonly findings: readonly Finding[]
  /** Names of the steps, up to the first finding or to the end. */
  readonly trail: readonly string[]
}

export async function runOne(options: RunOptions): Promise<Run> {
  const world = createWorld(options)
  const trail: string[] = []
  const known = createKnowledge(world)
  const moments = watchMoments(world)
  const early: Finding[] = []
  await runSchedule(world, options.steps, (step) => {
    if (early.length > 0 || moments.findings.length > 0) return
    trail.push(step)
    known.observe(step)
    early.push(...auditMoment(world))
    // Another cache has taken the place of this one, or part of it.
    if (OTHER_CACHE.has(step)) moments.forget()
    else moments.confirm()
  })
  await calmDown(world, known.observe)
  moments.confirm()
  const late = auditEnd(world, options.level === 0 ? known.items() : undefined)
  world.subject.stop()
  await world.clock.flush()
  return { findings: [...early, ...moments.findings, ...late], trail }
}

function createWorld({ level, seed, approach, createBackEnd }: RunOptions): World {
  const random = createRandom(seed)
  const clock = createVirtualClock()
  const { server, network, hasManyChannels = false } = createBackEnd({ level, clock, random })
  const around = server.state.items[Math.floor(random() * server.state.items.length)]?.id ?? 1
  const maxPages = random() < 0.2 ? 4 : undefined
  const { port } = network
  // By the number of the seed: what else is drawn from it stays.
  const structuralSharing = seed % 8 === 0 ? seed % 16 === 0 : undefined
  const isEntity = approach === 'live' && seed % 3 !== 0
  const sharing = { isEntity, hasOwnChannels: hasManyChannels && seed % 3 === 1 }
  const subject =
    approach === 'live'
      ? createLiveSubject({ port, level, around, maxPages, structuralSharing, sharing })
      : createPlainSubject(port)
  return { level, random, clock, server, network, subject, around, isEntity, sent: new Map(), saved: [] }
}

const OTHER_CACHE: ReadonlySet<string> = new Set(['reload', 'receive', 'drop', 'writeBack', 'settleFailed'])

/** Heard events are on the screen after at most this long. */
const FRAME_MS = 16

/** What a client of a server without history can know: what it has once shown, and every event that reached it since. */
function createKnowledge({ subject, network, clock }: World) {
  let start: readonly ConformanceItem[] | undefined
  /** How many events had been heard when the last one was that nobody listened to; and since when they count. */
  let unheard = 0
  let from = 0
  let isNew = false
  return {
    observe(step: string) {
      const shown = subject.shown('newest')
      const isOther = step === 'reload' || step === 'drop'
      if (isOther) {
        start = undefined
        isNew = true
      }
      // A new query listens from its first mount on.
      if (subject.isMounted('newest')) isNew = false
      const isHeard = shown?.fetchStatus === 'fetching' || (shown?.status === 'success' && !isNew)
      // What was heard before is not in what was saved, or is gone with the query.
      if (isOther || (!start && !isHeard)) unheard = network.heard.length
      if (start || shown?.status !== 'success' || !isHeard) return
      start = shown.items.filter(({ id }) => typeof id === 'number')
      from = clock.now() - FRAME_MS
    },
    items() {
      const heard = start ? network.heard.slice(unheard).filter(({ at }) => at > from) : []
      return applyEvents(
        start ?? [],
        heard.map(({ event }) => event),
      )
    },
  }
}
