import { describe, expect, it } from 'vitest'
import { createLevel } from '../../src/chat/level.ts'
import { createFakeEnvironment } from '../../src/testing/index.ts'

function start() {
  const { environment, clock } = createFakeEnvironment()
  let tell: (isConnected: boolean) => void = () => undefined
  let corrections = 0
  const level = createLevel({
    clock: environment,
    level: undefined,
    corrected: () => corrections++,
    watchConnected(listener) {
      tell = listener
      listener(false)
      return () => undefined
    },
  })
  return { level, clock, connect: () => tell(true), corrections: () => corrections }
}

const never = new Promise<unknown>(() => undefined)

describe('what a back end is able to do', () => {
  it('is not judged by its silence while there is no connection', async () => {
    const { level, clock, connect } = start()
    const answer = level.answerOf(never)
    await clock.advance(60_000)
    expect(level.isSilent()).toBe(false)
    connect()
    await clock.advance(1_500)
    expect(await answer).toBeUndefined()
    expect(level.isSilent()).toBe(true)
  })

  it('is corrected by an answer that was only slow', async () => {
    const { level, clock, connect, corrections } = start()
    let reply: (answer: unknown) => void = () => undefined
    void level.answerOf(new Promise((resolve) => (reply = resolve)))
    connect()
    await clock.advance(2_000)
    reply({ messages: [] })
    await clock.advance(0)
    expect(level.isSilent()).toBe(false)
    expect(corrections()).toBe(1)
  })
})
