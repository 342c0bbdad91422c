/** What arrives alone is worked off there and then; what comes while something is being worked on stands behind it. */
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { listen, setup } from './kit.ts'

const say = (n: number) => ({ type: 'said', room_id: 7, data: { n } })

describe('[T65] a message that arrives alone', () => {
  it('asks no clock, sets no timer and waits for no task', async () => {
    const world = setup()
    const { signals } = listen(world.manager, { subscribe: false })
    const socket = await world.open()
    const heard: unknown[] = []
    world.manager.subscribe('said', (payload) => heard.push(payload))
    socket.receive(say(0))
    const { environment } = world
    const spies = (['now', 'setTimer', 'defer', 'isOver'] as const).map((name) =>
      vi.spyOn(environment as Required<typeof environment>, name),
    )
    for (let n = 1; n <= 50; n++) socket.receive(say(n))
    expect(heard).toHaveLength(51)
    expect(signals.filter(({ type }) => type === 'events')).toHaveLength(51)
    for (const spy of spies) expect(spy).not.toHaveBeenCalled()
  })
})

type Step = { readonly length: number; readonly nested: readonly number[] }

const stepArbitrary: fc.Arbitrary<Step> = fc.record({
  length: fc.integer({ min: 1, max: 250 }),
  /** How long the messages are that arrive while the first event of this one is being told. */
  nested: fc.array(fc.integer({ min: 1, max: 250 }), { maxLength: 2 }),
})

describe('[T65] messages that arrive while others are worked on', () => {
  it('are told in the order in which they came, whole, also those before the end of their socket', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(stepArbitrary, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 300 }),
        fc.boolean(),
        async (steps, perTask, isClosed) => {
          const world = setup({ reconnect: false }, undefined, { framesPerTask: () => perTask })
          const socket = await world.open()
          const expected: number[] = []
          const heard: number[] = []
          const inside = new Map<number, () => void>()
          let n = 0
          const receive = (length: number) => {
            const batch = Array.from({ length }, () => n++)
            expected.push(...batch)
            socket.receive(batch.map(say))
          }
          world.manager.subscribe('said', (payload) => {
            const { n: at } = payload as { n: number }
            heard.push(at)
            inside.get(at)?.()
          })
          for (const [at, { length, nested }] of steps.entries()) {
            inside.set(n, () => {
              for (const other of nested) receive(other)
              if (isClosed && at === steps.length - 1) socket.drop()
            })
            receive(length)
            await world.clock.advance(1)
          }
          await world.clock.advance(1_000)
          expect(heard).toEqual(expected)
        },
      ),
      { numRuns: 100 },
    )
  })
})
