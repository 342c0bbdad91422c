/** What one connection heard, in order, and whoever waits for more of it. */
import { within } from '../environment.ts'
import type { Frame } from '../frames.ts'

export interface Closed {
  readonly code: number
  readonly reason: string
}

export interface Inbox {
  readonly frames: readonly Frame[]
  readonly closed: Closed | undefined
  push(frames: readonly Frame[]): void
  end(closed: Closed): void
  /** The first that fits from `from` on; `undefined` where none comes in time, or the connection ends. */
  wait(
    fits: (frame: Frame) => boolean,
    options: { readonly from: number; readonly ms: number },
  ): Promise<Frame | undefined>
  /** How it ended; `undefined` where it does not in time. */
  waitForEnd(ms: number): Promise<Closed | undefined>
}

export function createInbox(): Inbox {
  const frames: Frame[] = []
  let closed: Closed | undefined
  let waiting: (() => void)[] = []
  const change = () => new Promise<void>((resolve) => waiting.push(resolve))
  const wake = () => {
    const woken = waiting
    waiting = []
    for (const resolve of woken) resolve()
  }
  const search = async (fits: (frame: Frame) => boolean, from: number, state: { over: boolean }) => {
    for (let at = from; !state.over; ) {
      for (; at < frames.length; at += 1) {
        const frame = frames[at]
        if (frame && fits(frame)) return frame
      }
      if (closed) return undefined
      await change()
    }
    return undefined
  }
  const ended = async (state: { over: boolean }) => {
    while (!closed && !state.over) await change()
    return closed
  }
  const limited = async <Value>(
    ms: number,
    run: (state: { over: boolean }) => Promise<Value | undefined>,
  ) => {
    const state = { over: false }
    const found = await within(ms, run(state))
    state.over = true
    return found
  }
  return {
    frames,
    get closed() {
      return closed
    },
    push: (more) => {
      // One by one: a message may hold more than a call takes arguments.
      for (const frame of more) frames.push(frame)
      wake()
    },
    end: (how) => {
      closed ??= how
      wake()
    },
    wait: (fits, { from, ms }) => limited(ms, (state) => search(fits, from, state)),
    waitForEnd: (ms) => limited(ms, ended),
  }
}
