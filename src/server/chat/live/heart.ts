/** Says that this process is there, and notices those that say nothing any more. */
import { bury, type Status } from '../domain/presence.ts'
import { wait } from '../steps.ts'
import type { ChatCore } from './core.ts'

const BEAT_MS = 10_000
/** So long a process may be silent, by the clock of who listens. */
const SILENCE_MS = 35_000

interface HeartParts {
  /** Users that went with a process. */
  onDead(statuses: readonly Status[]): void
  /** This one was taken for dead. */
  onForgotten(): void
}

/** From `start` on. */
export function createHeart(core: ChatCore, { onDead, onForgotten }: HeartParts) {
  const { host } = core
  const { environment, process } = host
  const heard = new Map<string, { readonly beats: number; readonly at: number }>()
  let cancel: (() => void) | undefined
  let beating: Promise<void> = Promise.resolve()
  let isStopped = false

  async function beat(): Promise<void> {
    try {
      const { isKnown, dead } = await core.write(function* ({ tables }) {
        const beats = yield* wait(tables.beats())
        yield* wait(tables.beat(process))
        return { isKnown: beats.has(process), dead: silentOf(beats) }
      })
      if (!isKnown && heard.has(process)) onForgotten()
      heard.set(process, { beats: 0, at: environment.now() })
      for (const each of dead) onDead(await core.write((work) => bury(work, each)))
    } catch (error) {
      host.fail(error)
    }
    if (!isStopped) cancel = environment.setTimer(next, BEAT_MS)
  }
  const next = () => {
    beating = beat()
  }

  function silentOf(all: ReadonlyMap<string, number>): string[] {
    const now = environment.now()
    for (const other of [...heard.keys()]) if (other !== process && !all.has(other)) heard.delete(other)
    return [...all].flatMap(([other, beats]) => {
      if (other === process) return []
      const known = heard.get(other)
      if (known?.beats === beats) return now - known.at > SILENCE_MS ? [other] : []
      heard.set(other, { beats, at: now })
      return []
    })
  }

  return {
    start: () => {
      if (cancel || isStopped) return
      cancel = () => undefined
      next()
    },
    stop: async () => {
      isStopped = true
      cancel?.()
      await beating
      if (cancel)
        await core.write(({ tables }) => wait(tables.dropProcess(process))).then(() => undefined, host.fail)
    },
  }
}
