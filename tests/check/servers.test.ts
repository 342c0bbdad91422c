/** The back ends of this repository keep what they say they keep. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { memoryStore, type Store, sqliteStore } from '../../src/server/index.ts'
import { check, idsOf, ruleIn, serve, serveBoard, serveKitChat } from './support.ts'

const BOTH = { token: 'alice', otherToken: 'bob' }

describe('the reference server', () => {
  it.each([0, 1, 2, 3] as const)('[K2] keeps level %i, and offers no more', async (level) => {
    const { url, roomUrl } = await serve({ level })
    const report = await check({ url: level === 0 ? roomUrl : url, level, ...BOTH })
    expect(idsOf(report, 'broken')).toEqual([])
    expect(report).toMatchObject({ ok: true, level: { stated: level, found: level, kept: level } })
    const higher = report.rules.filter((rule) => rule.level > level)
    expect(new Set(higher.map(({ outcome }) => outcome))).toEqual(new Set(level === 3 ? [] : ['not offered']))
    if (level === 3) return
    const more = await check({ url: level === 0 ? roomUrl : url, level: 3, only: ['P18', 'P108'] })
    expect(more).toMatchObject({ ok: false, level: { stated: 3, found: level } })
  })

  it("[K2] keeps it on a room's own endpoint", async () => {
    const { roomUrl } = await serve()
    const report = await check({ url: roomUrl, ...BOTH })
    expect(idsOf(report, 'broken')).toEqual([])
    expect(report).toMatchObject({ ok: true, endpoint: 'room', channel: 'general', level: { kept: 3 } })
    expect(idsOf(report, 'kept')).toEqual(expect.arrayContaining(['P22', 'P24', 'P109', 'P97', 'P118']))
  })

  it.each(['bearer', 'frame'] as const)('[K2] takes the token as %s', async (auth) => {
    const { url } = await serve()
    const report = await check({
      url,
      auth,
      only: ['P10', 'P11', 'P13', 'P14', 'P15', 'P17', 'P50'],
      ...BOTH,
    })
    expect(idsOf(report, 'broken')).toEqual([])
    expect(idsOf(report, 'kept')).toEqual(
      expect.arrayContaining(['P13', 'P14', 'P17', 'P50', auth === 'bearer' ? 'P10' : 'P11']),
    )
  })

  it('[K8] is left as it was', async () => {
    const { server, url } = await serve({
      rooms: [{ id: 'general', messages: [{ sender: 'bob', content: 'hi' }] }],
    })
    const report = await check({ url, ...BOTH })
    const [room] = server.state().rooms
    const living = room?.messages.filter(({ deleted_at }) => deleted_at === undefined)
    expect(living?.map(({ content }) => content)).toEqual(['hi'])
    expect(room?.members).toHaveLength(3)
    expect(report.notes).toEqual([])
  })

  it('[K16] may have any clock', async () => {
    const off = 40 * 365 * 86_400_000
    const clock = {
      now: () => Date.now() - off,
      setTimer: (run: () => void, ms: number) => {
        const timer = setTimeout(run, ms)
        return () => clearTimeout(timer)
      },
    }
    const { url } = await serve({ clock })
    const report = await check({ url, ...BOTH, only: ['P2', 'P18', 'P50', 'P64', 'P70', 'P97'] })
    expect(idsOf(report, 'kept')).toHaveLength(6)
  })

  it('[K14] may say "rate_limited": what is refused for now is asked for again', async () => {
    const { url } = await serve({ limits: { framesPerSecond: 200, burst: 20 } })
    const report = await check({ url, only: ['P50', 'P90'] })
    expect(idsOf(report, 'kept')).toEqual(['P50', 'P90'])
  })
})

describe('the chat of the server kit', () => {
  it.each([
    ['memory', () => memoryStore()],
    ['SQLite', () => sqliteStore(join(mkdtempSync(join(tmpdir(), 'querywire-')), 'chat.sqlite'))],
  ] as const)('[K2] keeps level 3, in %s', async (_name, store) => {
    const report = await check({ url: await serveKitChat(store() as Store<unknown>), ...BOTH, level: 3 })
    expect(idsOf(report, 'broken')).toEqual([])
    expect(report).toMatchObject({ ok: true, level: { found: 3, kept: 3 } })
  })
})

describe('[K3] what was not tried', () => {
  it('is not kept: with one user, and no restart', async () => {
    const { url } = await serve()
    const report = await check({ url })
    expect(idsOf(report, 'broken')).toEqual([])
    for (const id of ['P16', 'P63', 'P113', 'P150']) expect(ruleIn(report, id)?.outcome).toBe('not tried')
    expect(ruleIn(report, 'P63')?.why).toContain('--as')
    expect(ruleIn(report, 'P150')?.why).toContain('--restart')
    expect(report.ok).toBe(true)
  })

  it('is not kept: a server that goes away in between', async () => {
    const { url, mount } = await serve()
    const report = await check({
      url,
      onRule: ({ id }) => id === 'P20' && void mount.close(),
      timeoutMs: 500,
    })
    const at = report.rules.findIndex(({ id }) => id === 'P20')
    expect(new Set(report.rules.slice(at + 1).map(({ outcome }) => outcome))).toEqual(new Set(['not tried']))
    expect(report.ok).toBe(false)
  })

  it('is not kept: no room is known', async () => {
    const { url } = await serve({ rooms: [] })
    const report = await check({ url, only: ['P50', 'P18', 'P90'] })
    expect(idsOf(report, 'kept')).toEqual(['P18'])
    expect(ruleIn(report, 'P50')?.why).toContain('--room')
  })

  it('costs the level, where the level stands on it', async () => {
    const { url } = await serve()
    const report = await check({ url, room: 'nowhere', ...BOTH })
    expect(report.ok).toBe(false)
    expect(report.notes.join()).toContain('not_found')
    expect(report.level).toMatchObject({ found: 3, kept: 0 })
  })
})

describe('[K15] a room', () => {
  it('that one is not in is joined', async () => {
    const { url } = await serve({ rooms: [{ id: 'club', members: ['bob'] }, { id: 'general' }] })
    const report = await check({ url, room: 'club', ...BOTH, only: ['P50', 'P63', 'P113'] })
    expect(idsOf(report, 'kept')).toHaveLength(3)
  })

  it('is chosen so that both users are in it, and it is no private conversation', async () => {
    const { url } = await serve({
      rooms: [
        { id: 'alone', members: ['alice'] },
        { id: 'both', members: ['alice', 'bob'] },
        { id: 'private', kind: 'direct', members: ['alice', 'bob'] },
      ],
    })
    expect((await check({ url, ...BOTH, only: ['P18'] })).channel).toBe('both')
  })
})

describe('[K10] a server without chats', () => {
  const domain = {
    channels: {
      key: 'board',
      subscribe: 'subscribe_board',
      unsubscribe: 'unsubscribe_board',
      field: 'boards',
    },
    channel: 'b1',
    read: { type: 'get_cards', data: { board: 'b1' } },
    write: { type: 'move_card', data: { board: 'b1', id: 'c1', column: '{n}' } },
    event: 'card_moved',
  }

  it('is checked by one reading and one writing request', async () => {
    const report = await check({ url: await serveBoard(), domain, ...BOTH })
    expect(idsOf(report, 'broken')).toEqual([])
    expect(report).toMatchObject({ ok: true, channel: 'b1', level: { found: 3, kept: 3 } })
    const kept = ['P90', 'P93', 'P94', 'P97', 'P99', 'P102', 'P104', 'P108', 'P160', 'P161']
    expect(idsOf(report, 'kept')).toEqual(expect.arrayContaining(kept))
  })

  it('is not at its level where the event has another name', async () => {
    const report = await check({
      url: await serveBoard(),
      domain: { ...domain, event: 'card_gone' },
      timeoutMs: 700,
    })
    expect(idsOf(report, 'broken')).toEqual(['P160'])
    expect(report.ok).toBe(false)
  })
})
