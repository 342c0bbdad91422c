/**
 * Does this back end reply at all? A plain consumer (level 0) does not, and nothing on the wire says so: it is found
 * out once, by a request that stays unanswered on a connection that works.
 */
import type { LivePort } from '../query/index.ts'
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

export function createLevel(
  clock: LivePort['clock'],
  level: ChatLevel | undefined,
  corrected: () => void,
): Level {
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
      const cancel = clock.setTimer(() => {
        known ??= 'silent'
        if (known === 'silent') resolve(undefined)
      }, SILENCE_MS)
      answer.then(resolve, reject).finally(cancel)
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
