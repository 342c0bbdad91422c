/** Addresses where no back end is, or one that does what nobody expects: said in words, and in good time. */
import { describe, expect, it } from 'vitest'
import { readFailure } from '../../src/check/wire/dialFailure.ts'
import { readMessage } from '../../src/check/wire/readMessage.ts'
import {
  echoConsumer,
  httpServer,
  mute,
  type OddServer,
  plainConsumer,
  socketServer,
  tutorialConsumer,
} from './oddServers.ts'
import { check, idsOf, later, ruleIn } from './support.ts'

const at = async (server: Promise<OddServer>) => {
  const { url, close } = await server
  later(close)
  return url
}

const WELCOME = '{"type":"welcome","data":{"level":3,"user":{"id":"u","username":"u"}}}'

describe('[K6] where no WebSocket is', () => {
  it.each([
    [
      'a page',
      () => httpServer(200, { 'content-type': 'text/html' }, '<h1>Welcome</h1>'),
      /200 \(text\/html: <h1>Welcome/,
    ],
    ['HTTP 401', () => httpServer(401), /HTTP 401.*browser cannot tell/],
    ['HTTP 403', () => httpServer(403), /HTTP 403/],
    ['HTTP 404', () => httpServer(404), /nothing at this path/],
    [
      'a redirect',
      () => httpServer(301, { location: 'wss://example.com/ws/' }),
      /redirects to wss:\/\/example.com\/ws\//,
    ],
    ['a proxy without a server', () => httpServer(502), /502/],
    ['silence', mute, /handshake was not answered in time/],
  ])('%s', async (_name, serve, words) => {
    const report = await check({ url: await at(serve()), timeoutMs: 400 })
    expect(report).toMatchObject({ ok: false, rules: [], level: { found: null, kept: null } })
    expect(report.summary).toMatch(words)
  })

  it('nobody', async () => {
    const { summary } = await check({ url: 'ws://127.0.0.1:1/' })
    expect(summary).toContain('nobody listens')
  })

  it('a certificate that is not trusted', () => {
    const error = Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    expect(readFailure(error)).toMatchObject({
      kind: 'tls',
      words: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    })
  })

  it('no address at all', async () => {
    await expect(check({ url: 'localhost:8000' })).rejects.toThrow('write ws://')
  })
})

describe('[K6] a server that closes', () => {
  it.each([
    [4001, /does not take this token/],
    [4003, /may not use this endpoint/],
    [1011, /fails at frames that it does not know/],
    [1000, /before it said anything/],
  ])('with %i', async (code, words) => {
    const report = await check({ url: await at(socketServer((socket) => socket.close(code))) })
    expect(report.summary).toMatch(words)
    expect(report.ok).toBe(false)
  })

  it('after every frame', async () => {
    const serve = socketServer((socket) => {
      socket.send(WELCOME)
      socket.on('message', () => socket.close(1012))
    })
    const report = await check({ url: await at(serve), timeoutMs: 500 })
    expect(report.ok).toBe(false)
    expect(ruleIn(report, 'P18')?.outcome).toBe('broken')
    expect(idsOf(report, 'kept')).not.toContain('P50')
  })
})

describe('[K5] a plain consumer', () => {
  it('of the tutorial is told what level 0 takes', async () => {
    const { summary } = await check({ url: await at(tutorialConsumer()) })
    expect(summary).toMatch(/1011.*"ping".*should ignore them.*Level 0 takes two things.*"pong"/)
  })

  it('that echoes is at level 0, and is told what it takes', async () => {
    const report = await check({ url: await at(echoConsumer()), timeoutMs: 400 })
    expect(report.level).toEqual({ stated: null, found: 0, kept: null })
    expect(idsOf(report, 'broken')).toEqual(['P18', 'P40', 'P42'])
    expect(ruleIn(report, 'P40')?.why).toContain("the client's own frame, sent back as it was")
    expect(report.summary).toContain('Level 0 takes two things')
  })

  it('as the document has it keeps level 0', async () => {
    const report = await check({ url: await at(plainConsumer()), timeoutMs: 1_000 })
    expect(report).toMatchObject({ ok: true, level: { found: 0, kept: 0 } })
    expect(report.summary).toContain('For level 1')
  })
})

describe('[K13] hostile answers', () => {
  const answering = (text: string) =>
    at(
      socketServer((socket) => {
        socket.send(WELCOME)
        socket.on('message', () => socket.send(text))
      }),
    )

  it.each([
    ['nested without end', '['.repeat(100_000)],
    ['nested very deeply', `${'['.repeat(50_000)}${']'.repeat(50_000)}`],
    ['a text without end', `"${'\\"'.repeat(150_000)}`],
    ['very many frames in one message', `[${Array(200_000).fill('{"type":"x"}').join()}]`],
    ['megabytes', JSON.stringify({ type: 'pong', data: { x: 'y'.repeat(5_000_000) } })],
    [
      'names that every object has',
      '{"type":"__proto__","data":{"constructor":1,"toString":{}},"__proto__":{"type":"x"}}',
    ],
    ['types that are none', '[1,null,"x",{"type":7},{"type":"chat_message","message":null,"seq":"7"}]'],
    ['ids that are none', '{"type":"response","reply_to":{"toString":1},"data":[]}'],
    ['a page', '<!doctype html>'],
  ])('%s', async (_name, text) => {
    const report = await check({
      url: await answering(text),
      timeoutMs: 150,
      room: 'general',
      only: ['P1', 'P18', 'P30', 'P50', 'P120'],
    })
    expect(report.ok).toBe(false)
    expect(idsOf(report, 'kept')).not.toContain('P18')
    expect(JSON.stringify(report).length).toBeLessThan(60_000)
  })

  it('brackets in texts are no depth', () => {
    const text = JSON.stringify({ type: 'x', data: `${'['.repeat(500)}\\"` })
    expect(readMessage(text).frames).toHaveLength(1)
  })
})
