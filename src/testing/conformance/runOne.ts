/** One schedule from a seed to its findings. */
import { createRandom } from '../server/random.ts'
import { applyEvents, auditEnd, auditMoment, type Finding } from './audit.ts'
import { createLiveSubject } from './liveSubject.ts'
import { createModelNetwork, type Level } from './modelNetwork.ts'
import { createModelServer, type ModelItem, type ModelServer, type ModelState } from './modelServer.ts'
import { createPlainSubject } from './plainSubject.ts'
import { calmDown, runSchedule, type World } from './schedule.ts'
import { createVirtualClock } from './virtualClock.ts'

export interface RunOptions {
  readonly level: Level
  readonly seed: number
  readonly steps: number
  readonly approach: 'live' | 'setQueryData'
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
  const early: Finding[] = []
  await runSchedule(world, options.steps, (step) => {
    if (early.length > 0) return
    trail.push(step)
    known.observe(step)
    early.push(...auditMoment(world))
  })
  await calmDown(world, known.observe)
  const late = auditEnd(world, options.level === 0 ? known.items() : undefined)
  world.subject.stop()
  await world.clock.turns()
  return { findings: [...early, ...late], trail }
}

function createWorld({ level, seed, steps: _steps, approach }: RunOptions): World {
  const random = createRandom(seed)
  const clock = createVirtualClock()
  const server = createModelServer(random, level === 0 ? 0 : Math.floor(random() * 40))
  const network = createModelNetwork({
    server,
    clock,
    random,
    level,
    answer: (type, data) => answer({ server, level, lag: level === 3 ? random() : 1 }, type, data),
  })
  const around = 1 + Math.floor(random() * Math.max(1, server.state.items.length))
  const maxPages = random() < 0.2 ? 4 : undefined
  const subject =
    approach === 'live'
      ? createLiveSubject({ port: network.port, level, around, maxPages })
      : createPlainSubject({ port: network.port, around })
  return { level, random, clock, server, network, subject, sent: new Map(), saved: [] }
}

interface Answering {
  readonly server: ModelServer
  readonly level: Level
  /** Below 0.2 the answer comes from a replica that is some events behind. */
  readonly lag: number
}

function answer(
  { server, level, lag }: Answering,
  type: string,
  data: Readonly<Record<string, unknown>>,
): object {
  if (type === 'send') return { item: server.send(String(data.client_id), String(data.text)) }
  if (type === 'edit') return { item: server.edit(String(data.text), Number(data.id)) }
  const at = Math.max(0, server.seq - (lag < 0.2 ? Math.floor(lag * 30) : 0))
  const state = server.stateAt(at)
  const position = level === 3 ? { as_of: at, epoch: server.epoch } : {}
  return { ...snapshot(server, state, { type, data }), ...position }
}

function snapshot(
  server: ModelServer,
  state: ModelState,
  { type, data }: { readonly type: string; readonly data: Readonly<Record<string, unknown>> },
): object {
  if (type === 'topic') return state.topic
  if (type === 'list') return { items: state.items }
  const cursors = ['before', 'after', 'around'].flatMap((name) =>
    name in data ? [[name, Number(data[name])]] : [],
  )
  return server.page(state, { ...Object.fromEntries(cursors), limit: Number(data.limit) })
}

/** Heard events are on the screen after at most this long. */
const FRAME_MS = 16

/** What a client of a server without history can know: what it has once shown, and every event that reached it since. */
function createKnowledge({ subject, network, clock }: World) {
  let start: readonly ModelItem[] | undefined
  let from = 0
  let idleAt = 0
  return {
    observe(step: string) {
      const shown = subject.shown('newest')
      if (step === 'reload') start = undefined
      if (shown?.status !== 'success' && shown?.fetchStatus !== 'fetching') idleAt = clock.now()
      if (start || shown?.status !== 'success') return
      start = shown.items.filter(({ id }) => typeof id === 'number')
      // What was heard just before a reload is not in the cache that was saved.
      from = step === 'reload' ? clock.now() : Math.max(idleAt + 1, clock.now() - FRAME_MS)
    },
    items() {
      const events = network.heard.flatMap(({ at, event }) => (start && at >= from ? [event] : []))
      return applyEvents(start ?? [], events)
    },
  }
}
