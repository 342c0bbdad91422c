/** A fault is named, and nothing else. */
import { describe, expect, it } from 'vitest'
import { checkServer } from '../../src/check/index.ts'
import { type BentServer, type Fault, type Link, serveBent } from './bentServer.ts'
import { FAULTS, PLAIN_FAULTS } from './faults.ts'

const brokenAt = async (fault?: Fault, only: readonly string[] = []) => {
  const server: BentServer = await serveBent(fault)
  try {
    const report = await checkServer({
      url: `${server.url}/ws/`,
      only,
      token: 'alice',
      otherToken: 'bob',
      timeoutMs: 1_500,
      room: 'general',
    })
    return { report, broken: report.rules.filter(({ outcome }) => outcome === 'broken').map(({ id }) => id) }
  } finally {
    await server.close()
  }
}

/** Everything comes late, and in order. */
const SLOW_MS = 200
const late = (link: Link, frame: unknown) => void setTimeout(() => link.tell(frame), SLOW_MS)

const slowAndTalkative: Fault = {
  rule: 'P88',
  what: 'typing comes back, late',
  plant: () => ({
    fromServer: (frame, link) => late(link, frame),
    fromClient: (frame, link) => {
      if (frame.type === 'typing_indicator')
        late(link, { type: frame.type, room_id: 'general', data: frame.data })
      return frame
    },
  }),
}

describe('[K4] a silence', () => {
  it('is proven by what comes later, on a slow server too', async () => {
    const { report, broken } = await brokenAt(slowAndTalkative, ['P57', 'P62', 'P88', 'P79'])
    expect(broken).toEqual(['P88'])
    expect(report.counts).toMatchObject({ kept: 3, broken: 1 })
  })
})

describe('a server with a planted fault', () => {
  it('[K1] has none without one', async () => {
    const { report, broken } = await brokenAt()
    expect(broken).toEqual([])
    expect(report.ok).toBe(true)
    expect(report.level).toEqual({ stated: null, found: 3, kept: 3 })
    expect(report.notes).toEqual([])
  })

  // Most of it is waiting.
  it.concurrent.each([...FAULTS, ...PLAIN_FAULTS])('[K1] $rule: $what', async (fault) => {
    const { report, broken } = await brokenAt(fault)
    const found = report.rules.filter(({ outcome }) => outcome === 'broken')
    expect(broken, `${report.summary} ${report.notes.join()} ${JSON.stringify(found)}`).toEqual([fault.rule])
  })
})
