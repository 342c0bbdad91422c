/** A fault is named, and nothing else. */
import { describe, expect, it } from 'vitest'
import { checkServer } from '../../src/check/index.ts'
import { type BentServer, type Fault, serveBent } from './bentServer.ts'
import { FAULTS, PLAIN_FAULTS } from './faults.ts'

const brokenAt = async (fault?: Fault, path = '/ws/') => {
  const server: BentServer = await serveBent(fault)
  try {
    const report = await checkServer({
      url: `${server.url}${path}`,
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

describe('a server with a planted fault', () => {
  it('[K1] has none without one', async () => {
    const { report, broken } = await brokenAt()
    expect(broken).toEqual([])
    expect(report.ok).toBe(true)
    expect(report.level).toEqual({ stated: null, found: 3, kept: 3 })
    expect(report.notes).toEqual([])
  })

  it.each([...FAULTS, ...PLAIN_FAULTS])('[K1] $rule: $what', async (fault) => {
    const { report, broken } = await brokenAt(fault)
    const found = report.rules.filter(({ outcome }) => outcome === 'broken')
    expect(broken, `${report.summary} ${report.notes.join()} ${JSON.stringify(found)}`).toEqual([fault.rule])
  })
})
