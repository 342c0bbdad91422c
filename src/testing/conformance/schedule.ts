/** One random schedule: what users, other users, the network and the page do to a subject, step by step. */
import type { Random } from '../server/random.ts'
import type { VirtualClock } from '../virtualClock.ts'
import type { ConformanceLevel, ConformanceNetwork, ConformanceServer } from './backEnd.ts'
import type { Subject, Target } from './subject.ts'

export interface World {
  readonly level: ConformanceLevel
  readonly random: Random
  readonly clock: VirtualClock
  readonly server: ConformanceServer
  readonly network: ConformanceNetwork
  readonly subject: Subject
  /** The item that some of it is about. */
  readonly around: number
  /** What one query has heard of an item all of them show: no state of it ever takes the place of a newer one. */
  readonly isEntity: boolean
  /** Texts that were sent, and whether the server is known to have them. */
  readonly sent: Map<string, 'open' | 'done' | 'failed'>
  /** Caches saved on the way. */
  readonly saved: string[]
}

type Step = (world: World) => unknown

const pick = <T>(random: Random, all: readonly T[]): T => all[Math.floor(random() * all.length)] as T
const anyTarget = ({ random, subject }: World): Target => pick(random, subject.targets)

/** Each as often as its weight says. */
const STEPS: readonly (readonly [weight: number, name: string, step: Step])[] = [
  [6, 'insert', ({ server }) => server.insert()],
  [2, 'burst', ({ server, random }) => repeat(1 + Math.floor(random() * 6), () => server.insert())],
  [1, 'insertBetween', ({ server }) => server.insertBetween()],
  [3, 'edit', (world) => world.server.edit(`edit ${world.random()}`)],
  [2, 'rerank', ({ server }) => server.rerank()],
  [2, 'remove', ({ server }) => server.remove()],
  [1, 'topic', (world) => world.server.setTopic(`topic ${world.random()}`)],
  [2, 'begin', ({ server }) => server.begin?.()],
  [6, 'grow', ({ server, random }) => repeat(1 + Math.floor(random() * 4), () => server.grow?.())],
  [1, 'finish', ({ server }) => server.finish?.()],
  [4, 'mount', (world) => world.subject.mount(anyTarget(world))],
  [3, 'unmount', (world) => world.subject.unmount(anyTarget(world))],
  [2, 'remount', remount],
  [4, 'older', (world) => world.subject.older(anyTarget(world))],
  [3, 'newer', (world) => world.subject.newer(anyTarget(world))],
  [2, 'invalidate', (world) => world.subject.invalidate(anyTarget(world))],
  [1, 'invalidateTwice', (world) => world.subject.overlap?.(anyTarget(world), ['invalidate', 'invalidate'])],
  [2, 'overlap', (world) => overlap(world, anyTarget(world))],
  [1, 'writeBack', writeBack],
  [1, 'drop', drop],
  [2, 'cancel', (world) => world.subject.cancel(anyTarget(world))],
  [3, 'send', send],
  [1, 'editOwn', editOne],
  [1, 'settleFailed', ({ subject, random }) => subject.settleFailed?.(random() < 0.7 ? 'retry' : 'discard')],
  [1, 'save', ({ subject, saved }) => saved.push(subject.save())],
  [1, 'reload', reload],
  [1, 'receive', receive],
  [3, 'disconnect', ({ network }) => network.disconnect()],
  [5, 'connect', ({ network }) => network.connect()],
  [1, 'restart', restart],
  [1, 'exclude', ({ network, level }) => level > 0 && network.exclude?.()],
  [2, 'include', ({ network }) => network.include?.()],
  // Without numbers nobody would ever notice.
  [1, 'deafen', ({ network, level }) => level > 1 && network.forget?.()],
  [12, 'wait', ({ clock, random }) => clock.advance(Math.floor(random() * 40))],
  [2, 'waitLonger', ({ clock }) => clock.advance(300)],
  [1, 'waitLong', ({ clock }) => clock.advance(6_000)],
]

const TOTAL_WEIGHT = STEPS.reduce((total, [weight]) => total + weight, 0)

/** Runs so many steps; `afterEach` hears the name of each. */
export async function runSchedule(
  world: World,
  count: number,
  afterEach: (step: string) => void,
): Promise<void> {
  world.subject.mount('newest')
  for (let step = 0; step < count; step++) {
    const [, name, act] = drawStep(world.random)
    await act(world)
    // What one turn of the page does together must not depend on what the last one has finished.
    await world.clock.flush(world.random() < 0.7 ? undefined : Math.floor(world.random() * 6))
    afterEach(name)
  }
}

/** Faults end, everything is connected and mounted, and time passes until nothing is left to do. `connected` hears when that is so for the first time. */
export async function calmDown(world: World, connected: (step: string) => void): Promise<void> {
  const { network, subject, server, clock, level } = world
  network.calm()
  network.connect()
  for (const target of subject.targets) subject.mount(target)
  await clock.flush()
  await clock.advance(10_000)
  connected('calm')
  // A first load that failed is an error on the screen, until somebody tries again.
  for (const target of subject.targets)
    if (subject.shown(target)?.status === 'error') subject.invalidate(target)
  subject.settleFailed?.('retry')
  await clock.advance(10_000)
  // Nothing asks again by itself after this: what these leave behind is there in the end.
  for (const target of subject.targets) overlap(world, target)
  server.insert()
  await clock.advance(10_000)
  // With numbers a lost last event shows by itself, when the server next tells where things stand, or is asked.
  if (level < 2) {
    if (level > 0) server.setTopic('the last word')
    server.insert()
  }
  // A lost piece shows with the next one, or at the end; without a history there is nobody to ask.
  if (level > 0) server.grow?.(true)
  else server.finish?.(true)
  // What is filtered has to notice by itself, too.
  repeat(5, () => server.rerank())
  server.remove()
  await clock.flush()
  await clock.advance(200_000)
  if (level > 0) server.grow?.(true)
  await clock.flush()
  await clock.advance(10_000)
}

function drawStep(random: Random): (typeof STEPS)[number] {
  let at = random() * TOTAL_WEIGHT
  for (const step of STEPS) {
    at -= step[0]
    if (at < 0) return step
  }
  return STEPS[0] as (typeof STEPS)[number]
}

function repeat(count: number, act: () => void): void {
  for (let at = 0; at < count; at++) act()
}

async function remount(world: World): Promise<void> {
  const target = anyTarget(world)
  world.subject.unmount(target)
  if (world.random() < 0.5) await world.clock.flush()
  world.subject.mount(target)
}

function overlap({ subject, random }: World, target: Target): void {
  const calls = ['older', 'newer', 'refetch', 'invalidate'] as const
  const count = 2 + Math.floor(random() * 2)
  subject.overlap?.(
    target,
    Array.from({ length: count }, () => pick(random, calls)),
  )
}

/** A server without history cannot tell what an earlier state lacks. */
function writeBack(world: World): void {
  const { subject, random, level } = world
  subject.writeBack?.(
    anyTarget(world),
    pick(random, level > 0 ? ['same', 'copy', 'earlier'] : ['same', 'copy']),
  )
}

/** Nobody watches a query that is removed for as long as that takes. */
function drop(world: World): void {
  const { subject, random } = world
  const target = anyTarget(world)
  subject.unmount(target)
  subject.remove?.(target)
  if (random() < 0.8) subject.mount(target)
}

function send({ subject, sent, random }: World): void {
  if (!subject.send) return
  const text = `sent ${random()}`
  sent.set(text, 'open')
  subject.send(text).then(
    () => sent.set(text, 'done'),
    () => sent.set(text, 'failed'),
  )
}

function editOne({ subject, server, random, level }: World): void {
  if (level === 0 || server.state.items.length === 0) return
  subject.edit?.(pick(random, server.state.items).id, `own ${random()}`).catch(() => undefined)
}

function reload({ subject, saved, random, sent, level }: World): void {
  const now = subject.save()
  // Without history an old cache lacks what came since for ever, as it would on the screen.
  const older = level === 0 ? undefined : saved.at(-1)
  const from = random() < 0.6 ? now : random() < 0.7 ? older : undefined
  // What the saved cache does not hold, nobody sends.
  for (const [text, state] of sent) if (state !== 'done' && !from?.includes(text)) sent.delete(text)
  subject.reload(from)
}

function receive({ subject, saved, random, level }: World): void {
  // A server without history cannot tell what a foreign cache lacks.
  if (level > 0 && saved.length > 0) subject.receive(pick(random, saved))
}

function restart({ server, network }: World): void {
  network.disconnect()
  server.restart()
}
