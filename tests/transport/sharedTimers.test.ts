/** Waits of the same length share a timer, and are over when they would have been with one of their own. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFakeEnvironment } from '../../src/testing/fakeEnvironment.ts'
import { withSharedTimers } from '../../src/transport/wire/timers.ts'
import { setup } from './kit.ts'

type Step =
  | { readonly kind: 'wait'; readonly delayMs: number }
  | { readonly kind: 'cancel'; readonly which: number }
  | { readonly kind: 'pass'; readonly ms: number }

const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('wait' as const), delayMs: fc.constantFrom(0, 5, 10, 10, 25) }),
  fc.record({ kind: fc.constant('cancel' as const), which: fc.nat(30) }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 12 }) }),
)

describe('[T64] waits that share a timer', () => {
  it('are over when one with a timer of its own is, or never where they were called off', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(stepArbitrary, { maxLength: 40 }), async (steps) => {
        const { environment, clock, held } = createFakeEnvironment()
        const shared = withSharedTimers(environment)
        const over: string[][] = [[], []]
        const cancels: (readonly (() => void)[])[] = []
        for (const step of steps) {
          if (step.kind === 'wait') {
            const name = cancels.length
            const each = [shared, environment].map(({ setTimer }, of) =>
              setTimer(() => over[of]?.push(`${name} at ${environment.now()}`), step.delayMs),
            )
            cancels.push(each)
          } else if (step.kind === 'cancel') for (const cancel of cancels[step.which] ?? []) cancel()
          else await clock.advance(step.ms)
        }
        await clock.advance(100)
        expect(over[0]?.toSorted()).toEqual(over[1]?.toSorted())
        expect(held().timers).toBe(0)
      }),
      { numRuns: 300 },
    )
  })

  it('are not kept waiting by one that waits again', async () => {
    const { environment, clock } = createFakeEnvironment()
    const { setTimer } = withSharedTimers(environment)
    const over: number[] = []
    const again = () => over.push(environment.now()) < 3 && setTimer(again, 10)
    setTimer(again, 10)
    setTimer(() => over.push(-1), 10)
    await clock.advance(100)
    expect(over).toEqual([10, -1, 20])
  })

  it('are one for a thousand requests in flight, and none when these are answered', async () => {
    const { manager, open, held } = setup()
    const socket = await open()
    const before = held().timers
    const asked = Array.from({ length: 1_000 }, (_, at) => manager.request('x', { at }))
    expect(held().timers).toBe(before + 1)
    for (const { id, type } of socket.frames)
      if (type === 'x') socket.receive({ type: 'response', reply_to: id, data: {} })
    await Promise.all(asked)
    expect(held().timers).toBe(before)
  })
})
