/**
 * Does this back end reply at all? A plain consumer (level 0) does not, and nothing on the wire says so: it is found
 * out once, by a request that stays unanswered on a connection that works.
 */
import type { LivePort } from '../query/index.ts'
import { LiveError, type WebSocketState } from '../transport/index.ts'
import type { ChatLevel } from './types.ts'

export interface Level {
  /** True as soon as it is known that nothing is answered. */
  isSilent(): boolean
  /** The server answered something, or greeted. */
  heard(): void
  /** The answer, or `undefined` where the back end turns out to be silent. */
  answerOf(answer: Promise<unknown>): Promise<unknown>
  /** Settles the question, with `probe` if need be. */
  settle(probe: () => Promise<unknown>): Promise<void>
}

/** Longer than a slow history query takes, shorter than anyone wants to look at a spinner. Milliseconds. */
const SILENCE_MS = 1_500

export interface LevelOptions {
  readonly clock: LivePort['clock']
  /** Set by the application; nothing is to be found out then. */
  readonly level: ChatLevel | undefined
  /** Calls back now and at every change of the connections. Without a connection silence means nothing. */
  readonly watchConnected: (listener: (isConnected: boolean) => void) => () => void
  /** What was taken for silence was slowness. */
  readonly corrected: () => void
}

export function createLevel({ clock, level, watchConnected, corrected }: LevelOptions): Level {
  let known: 'silent' | 'replying' | undefined =
    level === undefined ? undefined : level === 0 ? 'silent' : 'replying'
  const isFixed = level !== undefined

  function heard(): void {
    if (isFixed || known === 'replying') return
    const wasSilent = known === 'silent'
    known = 'replying'
    // It was only slow: what was loaded on the assumption of silence is to be loaded again.
    if (wasSilent) corrected()
  }

  function answerOf(answer: Promise<unknown>): Promise<unknown> {
    answer.then(heard, () => undefined)
    if (known === 'replying') return answer
    return new Promise((resolve, reject) => {
      let cancel: (() => void) | undefined
      const decide = () => {
        known ??= 'silent'
        if (known === 'silent') resolve(undefined)
      }
      const unwatch = watchConnected((isConnected) => {
        if (isConnected === (cancel !== undefined)) return
        cancel?.()
        cancel = isConnected ? clock.setTimer(decide, SILENCE_MS) : undefined
      })
      answer.then(resolve, reject).finally(() => {
        unwatch()
        cancel?.()
      })
    })
  }

  return {
    isSilent: () => known === 'silent',
    heard,
    answerOf,
    async settle(probe) {
      if (known === undefined) await answerOf(probe()).catch(() => undefined)
    },
  }
}

/** @throws LiveError `rejected` (`unsupported`) for what a back end that answers nothing cannot do */
export function checkAble(level: Level, what: string): void {
  if (!level.isSilent()) return
  throw new LiveError('rejected', `${what} needs a back end that replies (level 1 or higher)`, {
    reason: 'unsupported',
  })
}

/** For `watchConnected`: whether one of the connections that `counts` accepts is up. */
export function isAnyConnected(state: WebSocketState, counts: (endpoint: string) => boolean): boolean {
  return Object.entries(state.connections).some(([name, { state: is }]) => is === 'CONNECTED' && counts(name))
}
