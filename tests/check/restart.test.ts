/** `--restart`: a server that is ended while it works. */
import { describe, expect, it } from 'vitest'
import { type ChatServer, createChatServer, mountOnNode, type NodeMount } from '../../src/testing/index.ts'
import { check, idsOf, later, ruleIn } from './support.ts'

const RULES = ['P150', 'P151', 'P152']

/** On one port, whatever happens to it. */
const restartable = async (next: (before: ChatServer) => ChatServer) => {
  let server = createChatServer()
  let mount: NodeMount = await mountOnNode(server)
  const { port, url } = mount
  later(() => mount.close())
  const restart = async () => {
    await mount.close()
    server = next(server)
    mount = await mountOnNode(server, { port })
  }
  return { url: `${url}/ws/`, restart }
}

describe('[K11] a restart', () => {
  it('that keeps everything', async () => {
    const { url, restart } = await restartable((server) => server)
    const report = await check({ url, restart, only: RULES })
    expect(idsOf(report, 'kept')).toEqual(RULES)
  })

  it('that loses what was in memory', async () => {
    const { url, restart } = await restartable(() => createChatServer())
    const report = await check({ url, restart, only: RULES })
    expect(idsOf(report, 'broken')).toEqual(RULES)
    expect(ruleIn(report, 'P150')).toMatchObject({ expected: expect.stringContaining('answered before') })
  })

  it('that is none', async () => {
    const { url } = await restartable((server) => server)
    const report = await check({ url, restart: async () => undefined, only: ['P150'], timeoutMs: 300 })
    expect(ruleIn(report, 'P150')).toMatchObject({
      outcome: 'not tried',
      why: expect.stringContaining('outlived'),
    })
  })

  it('whose command fails', async () => {
    const { url } = await restartable((server) => server)
    const restart = () => Promise.reject(new Error('--restart failed with 1: false'))
    const report = await check({ url, restart, only: ['P150'], timeoutMs: 300 })
    expect(ruleIn(report, 'P150')).toMatchObject({
      outcome: 'not tried',
      why: expect.stringContaining('failed with 1'),
    })
  })
})
