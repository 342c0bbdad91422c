import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  admit,
  baseline,
  MAX_HELD,
  restartSequence,
  type Sequencer,
} from '../../src/query/stream/sequencer.ts'
import type { LiveEvent } from '../../src/transport/port.ts'

const orderAt = (seq?: number, epoch = 'e'): Sequencer => ({
  cursor: seq === undefined ? undefined : { seq, epoch },
  held: new Map(),
})
const event = (seq: number, epoch = 'e'): LiveEvent => ({ type: 'x', payload: seq, seq, epoch })
const unnumbered: LiveEvent = { type: 'x', payload: 'unnumbered' }
/** A reset lets nothing through, and is told apart by its name. */
const numbers = (admitted: readonly LiveEvent[] | string): readonly unknown[] =>
  typeof admitted === 'string' ? [admitted] : admitted.map(({ seq }) => seq)

describe('[Q3] the order of a channel', () => {
  it('lets every numbered event through once and in order, however they arrive', () => {
    const arrivals = fc
      .array(fc.integer({ min: 1, max: 30 }), { maxLength: 60 })
      .chain((repeated) =>
        fc.shuffledSubarray([...Array(30).keys()].map((at) => at + 1)).map((rest) => [...repeated, ...rest]),
      )
    fc.assert(
      fc.property(arrivals, (seqs) => {
        const order = orderAt(0)
        const through = seqs.flatMap((seq) => numbers(admit(order, [event(seq)])))
        const seen = new Set(seqs)
        let contiguous = 0
        while (seen.has(contiguous + 1)) contiguous++
        expect(through).toEqual([...Array(contiguous).keys()].map((at) => at + 1))
        expect(order.cursor?.seq).toBe(contiguous)
      }),
      { numRuns: 1_000 },
    )
  })

  it('lets unnumbered events through as they come, beside a gap', () => {
    const order = orderAt(1)
    expect(numbers(admit(order, [event(3), unnumbered, event(2)]))).toEqual([undefined, 2, 3])
  })

  it('takes the first number for the position, unless a snapshot will tell', () => {
    expect(numbers(admit(orderAt(), [event(7)]))).toEqual([7])
    const waiting = orderAt()
    expect(admit(waiting, [event(7), event(8)], true)).toEqual([])
    expect(numbers(baseline(waiting, { seq: 7, epoch: 'e' }))).toEqual([8])
    expect(waiting.cursor).toEqual({ seq: 8, epoch: 'e' })
  })

  it('without a position the oldest that waits is the next one', () => {
    const waiting = orderAt()
    admit(waiting, [event(9), event(8)], true)
    expect(numbers(baseline(waiting, undefined))).toEqual([8, 9])
  })

  it('after a break a later number does not pass what came after the last position', () => {
    const order = orderAt(10)
    restartSequence(order, undefined, order.cursor)
    expect(numbers(admit(order, [event(13), event(12)]))).toEqual([])
    expect(numbers(admit(order, [event(11)]))).toEqual([11, 12, 13])
    const waiting = orderAt(10)
    restartSequence(waiting, undefined, waiting.cursor)
    admit(waiting, [event(13)], true)
    expect(numbers(baseline(waiting, undefined))).toEqual([])
    expect(numbers(admit(waiting, [event(12), event(11)]))).toEqual([11, 12, 13])
  })

  it('after a break an earlier number, or another epoch, says where the server stands now', () => {
    const before = orderAt(10)
    restartSequence(before, undefined, before.cursor)
    expect(numbers(admit(before, [event(4)]))).toEqual([4])
    const other = orderAt(10)
    restartSequence(other, undefined, other.cursor)
    expect(numbers(admit(other, [event(13, 'f')]))).toEqual([13])
  })

  it('never moves a position that is known', () => {
    const order = orderAt(5)
    expect(baseline(order, { seq: 2, epoch: 'e' })).toEqual([])
    expect(order.cursor?.seq).toBe(5)
  })

  it('says that another history began', () => {
    const order = orderAt(5)
    admit(order, [event(7)])
    expect(admit(order, [event(1, 'other')])).toBe('epoch')
    expect(order.held.size).toBe(0)
  })

  it('gives up waiting when too much is missing', () => {
    const order = orderAt(0)
    const late = Array.from({ length: MAX_HELD + 1 }, (_, at) => event(at + 2))
    expect(admit(order, late)).toBe('overflow')
    expect(order.held.size).toBe(0)
  })

  it('starts again from the position it is given', () => {
    const order = orderAt(5)
    admit(order, [event(9)])
    restartSequence(order, { seq: 20, epoch: 'e' })
    expect(numbers(admit(order, [event(21)]))).toEqual([21])
  })
})
