import { describe, expect, it } from 'vitest'
import { positionInLog, reaches, trimLog } from '../../src/query/stream/channelLog.ts'
import type { Sequencer } from '../../src/query/stream/sequencer.ts'
import type { LiveEvent } from '../../src/transport/port.ts'

const events = (from: number, to: number, epoch = 'e'): LiveEvent[] =>
  Array.from({ length: to - from + 1 }, (_, at) => ({ type: 'put', payload: {}, seq: from + at, epoch }))

const channel = (log: LiveEvent[], reach: number, cursor: Sequencer['cursor']) => ({
  retainers: 0,
  log,
  dropped: 0,
  reach,
  sequencer: { cursor, held: new Map() },
})

describe('[Q41] the log of a channel, when its oldest events are dropped', () => {
  it('does not claim what was missed before: data from behind the hole is not continued', () => {
    // An outage: 301 to 350 never came.
    const log = channel([...events(1, 300), ...events(351, 562)], 350, { seq: 562, epoch: 'e' })
    expect(reaches(log, { seq: 300, epoch: 'e' })).toBe(false)
    trimLog(log)
    expect(log.log).toHaveLength(256)
    expect(positionInLog(log)).toBe(512)
    expect(reaches(log, { seq: 300, epoch: 'e' })).toBe(false)
    expect(reaches(log, { seq: 350, epoch: 'e' })).toBe(true)
  })

  it('says no less of another history, whose numbers are smaller', () => {
    const log = channel([...events(245, 500), ...events(3, 258, 'f')], 2, { seq: 258, epoch: 'f' })
    trimLog(log)
    expect(reaches(log, { seq: 10, epoch: 'f' })).toBe(true)
    expect(reaches(log, { seq: 1, epoch: 'f' })).toBe(false)
  })

  it('does not reach before what a server does not stand by', () => {
    const undone = events(245, 500).map((event) => ({ ...event, seq: -1 }))
    const log = channel([...undone, ...events(301, 556)], 300, { seq: 556, epoch: 'e' })
    trimLog(log)
    expect(reaches(log, { seq: 299, epoch: 'e' })).toBe(false)
    expect(reaches(log, { seq: 300, epoch: 'e' })).toBe(true)
  })

  it('moves on with what it drops', () => {
    const log = channel(events(1, 512), 0, { seq: 512, epoch: 'e' })
    trimLog(log)
    expect(reaches(log, { seq: 255, epoch: 'e' })).toBe(false)
    expect(reaches(log, { seq: 256, epoch: 'e' })).toBe(true)
  })
})
