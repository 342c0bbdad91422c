/** One schedule from a seed to its findings. */
import { createRandom } from '../../src/testing/server/random.ts'
import type { ChatLevel } from '../../src/testing/server/wire.ts'
import { inVirtualTime } from './clock.ts'
import { auditEnd, calmDown } from './end.ts'
import type { Kinds } from './kinds.ts'
import { owners, resetNames } from './page.ts'
import { livePages, openAny, type Step, stepsFor } from './steps.ts'
import { connectSocket } from './wire.ts'
import { createWorld, type Finding, pick, USERS, type World } from './world.ts'

export interface RunOptions {
  readonly level: ChatLevel
  readonly seed: number
  readonly kinds: Kinds
  /** @default 45 */
  readonly steps?: number
  /** Prints every step and every frame. @default false */
  readonly isVerbose?: boolean
}

export interface Run {
  readonly seed: number
  readonly findings: readonly Finding[]
  /** What happened, up to the first finding or to the end. */
  readonly trail: readonly string[]
}

export async function runOne(options: RunOptions): Promise<Run> {
  const { level, seed, kinds, isVerbose = false } = options
  let world: World | undefined
  const onSocket = (socket: Parameters<typeof connectSocket>[2]) => {
    const page = owners.get(socket)
    if (world && page) connectSocket(world, page, socket)
  }
  const random = createRandom(seed)
  const framesPerTask = () => (kinds.slices ? 1 + Math.floor(random() * 3) : Number.POSITIVE_INFINITY)
  return inVirtualTime({ onSocket, seed, framesPerTask }, async (fake) => {
    resetNames()
    world = createWorld({ level, seed, kinds, fake, isVerbose })
    const trail = await runSteps(world, options.steps ?? 45, isVerbose)
    if (world.findings.length === 0) {
      world.stepAt = -1
      await calmDown(world)
      if (isVerbose) console.log('    --- calm')
      await auditEnd(world)
    }
    for (const page of livePages(world)) page.kill()
    await fake.flush()
    return { seed, findings: world.findings, trail }
  })
}

async function runSteps(world: World, count: number, isVerbose: boolean): Promise<string[]> {
  const { random, fake } = world
  const steps = stepsFor(world)
  const trail: string[] = []
  for (let pages = 1 + Math.floor(random() * 3); pages > 0; pages--) {
    const page = openAny(world, pick(random, USERS))
    const { traits, views } = page
    trail.push(`${page.name} ${page.session.user} ${[...views.keys()].join('+')} ${JSON.stringify(traits)}`)
  }
  if (random() < 0.6) await fake.clock.advance(100)
  for (let at = 0; at < count && world.findings.length === 0; at++) {
    world.stepAt = at
    const step = draw(world, steps)
    const did = await step.run(world)
    const line = `${at} ${fake.clock.now()} ${step.name}${did === undefined ? '' : `: ${String(did)}`}`
    trail.push(line)
    if (isVerbose) console.log(`    ${line}`)
    // What one turn of a page does together must not depend on what the last one has finished.
    if (random() < 0.7) await fake.clock.advance(0)
    else for (let turns = Math.floor(random() * 6); turns > 0; turns--) await Promise.resolve()
  }
  return trail
}

function draw({ random }: World, steps: readonly Step[]): Step {
  let at = random() * steps.reduce((total, { weight }) => total + weight, 0)
  for (const step of steps) {
    at -= step.weight
    if (at < 0) return step
  }
  return pick(random, steps)
}
