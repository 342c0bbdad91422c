/** Transactions of one channel take turns: in this process always, in all of them where they were in each other's way. */
import type { ServerEnvironment } from '../environment.ts'
import { createLine, type Line } from './attempts.ts'

/** How long a channel counts as contended after a conflict. */
const HOT_MS = 10_000

export interface HotChannels {
  /** After those of the same channel that began before. `undefined`: at once. */
  inTurn<Result>(channel: string | undefined, work: () => Promise<Result>): Promise<Result>
  /** The channel, where it is contended by other processes. */
  turnOf(channel: string | undefined): string | undefined
  heat(channel: string | undefined): void
  /** A turn that does not come: for a while, nobody waits for one. */
  cool(channel: string): void
}

export function createHotChannels({ setTimer }: Pick<ServerEnvironment, 'setTimer'>): HotChannels {
  /** False: contended, and left alone. */
  const hot = new Map<string, boolean>()
  const set = (channel: string, isHot: boolean) => {
    hot.set(channel, isHot)
    setTimer(() => hot.delete(channel), HOT_MS)
  }
  const lines = new Map<string, { readonly inLine: Line; count: number }>()
  return {
    inTurn: async (channel, work) => {
      if (channel === undefined) return work()
      const line = lines.get(channel) ?? { inLine: createLine(), count: 0 }
      lines.set(channel, line)
      line.count++
      try {
        return await line.inLine(work)
      } finally {
        if (--line.count === 0) lines.delete(channel)
      }
    },
    turnOf: (channel) => (channel !== undefined && hot.get(channel) ? channel : undefined),
    heat: (channel) => {
      if (channel !== undefined && !hot.has(channel)) set(channel, true)
    },
    cool: (channel) => set(channel, false),
  }
}
