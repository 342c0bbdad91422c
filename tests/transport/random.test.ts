/** Whatever happens in whatever order: the invariants of the transport, over seeded random schedules. */
import { describe, expect, it } from 'vitest'
import { createFakeEnvironment, type FakeSocket } from '../../src/testing/fakeEnvironment.ts'
import { createJwt, listen, setup, watch } from './kit.ts'

const SCHEDULES = 300
const STEPS = 60

/** Answers every request and every send by id; may be slow, refuse, or fall silent. */
function createServer(random: () => number) {
  const received: { readonly id: string; readonly n: number }[] = []
  const mood = { isSilent: false, isRefusing: false }
  const onSocket = (socket: FakeSocket) => {
    if (mood.isRefusing) return socket.drop(random() < 0.5 ? 1006 : 1013)
    if (mood.isSilent) return
    socket.accept()
    let isDead = false
    socket.onClientMessage = (data) => {
      // TCP loses the end of what was sent, never the middle.
      isDead ||= mood.isSilent
      if (isDead) return
      const frame = JSON.parse(String(data)) as { type: string; id: string; data: { n: number } }
      if (frame.type === 'msg') received.push({ id: frame.id, n: frame.data.n })
      if (frame.type === 'ping') socket.receive({ type: 'pong', data: frame.data })
      else if (random() < 0.9) socket.receive({ type: 'response', reply_to: frame.id, data: {} })
    }
  }
  return { onSocket, received, mood }
}

async function runSchedule(seed: number) {
  const { random } = createFakeEnvironment({ seed }).environment
  const server = createServer(random)
  let lives = 120
  const { manager, clock, sockets, held, setOnline, setVisible, environment } = setup(
    {
      reconnect: { maxAttempts: 1_000, maxIntervalMs: 4_000 },
      heartbeat: { intervalMs: 5_000, timeoutMs: 1_000 },
      queue: { maxAgeMs: 3_600_000 },
      tokenManager: {
        getAccessToken: () => createJwt({ sub: 'u', exp: environment.wallNow() / 1_000 + lives }),
      },
    },
    server.onSocket,
    { seed },
  )
  const releases: (() => void)[] = []
  const outcomes: ReturnType<typeof watch>[] = []
  const sent: number[] = []
  const live = () => sockets.filter(({ readyState }) => readyState === 1)
  const actions: (() => unknown)[] = [
    () => releases.push(manager.acquire()),
    () => releases.shift()?.(),
    () => {
      const { channel } = listen(manager, { subscribe: random() < 0.5 })
      releases.push(channel.close)
    },
    () => {
      const n = sent.push(sent.length)
      outcomes.push(watch(manager.send('msg', { n })))
    },
    () => outcomes.push(watch(manager.request('ask', {}, { idempotent: random() < 0.5 }))),
    () => live()[0]?.drop(random() < 0.5 ? 1006 : 1011),
    () => live()[0]?.receive({ type: 'draining', data: { retry_after_ms: 100 } }),
    () => Object.assign(server.mood, { isSilent: random() < 0.5 }),
    () => Object.assign(server.mood, { isRefusing: random() < 0.5 }),
    () => setOnline(random() < 0.7),
    () => setVisible(true),
    () => manager.reauthenticate(),
    () => {
      lives = random() < 0.5 ? 45 : 3_600
    },
  ]
  for (let step = 0; step < STEPS; step++) {
    actions[Math.floor(random() * actions.length)]?.()
    await clock.advance(random() < 0.2 ? random() * 20_000 : random() * 500)
    expect(live().length).toBeLessThanOrEqual(2)
  }
  Object.assign(server.mood, { isSilent: false, isRefusing: false })
  lives = 86_400
  setOnline(true)
  manager.connect()
  await clock.advance(60_000)
  expect(live().length, `seed ${seed}`).toBe(1)
  for (const release of releases) release()
  manager.close()
  await clock.advance(10_000)
  return { outcomes, received: server.received, held: held(), sent }
}

/** Answers everything, some of it late and some of it with bytes that are no JSON; ends of frames that are poison. */
function createMortalServer(isBatching: boolean, later: (run: () => void) => void) {
  const received = new Map<string, unknown>()
  const mood = { isRefusing: false }
  const onSocket = (socket: FakeSocket) => {
    if (mood.isRefusing) return socket.drop(1006)
    socket.accept()
    socket.receive({ type: 'welcome', data: { batch: isBatching } })
    let isDead = false
    const read = (frame: { type: string; id: string; data: Record<string, unknown> }) => {
      isDead ||= 'poison' in frame.data
      if (isDead) return socket.drop(frame.data.poison as number)
      if (frame.type === 'ping') return later(() => socket.receive({ type: 'pong', data: frame.data }))
      if (frame.type === 'msg' || frame.type === 'ask') received.set(frame.id, frame.data.n)
      const isUnreadable = frame.data.isUnreadable === true
      const answer = { type: 'response', reply_to: frame.id, data: { seq: 1 } }
      later(() =>
        socket.receive(isUnreadable ? JSON.stringify(answer).replace('"seq":1', '"seq":NaN') : answer),
      )
    }
    socket.onClientMessage = (data) => {
      for (const frame of [JSON.parse(String(data))].flat()) if (!isDead) read(frame)
    }
  }
  return { onSocket, received, mood }
}

async function runPoisonSchedule(seed: number) {
  const { random } = createFakeEnvironment({ seed }).environment
  const latencyMs = random() < 0.3 ? 0 : random() * 400
  const server = createMortalServer(random() < 0.5, (run) => {
    if (latencyMs === 0) run()
    else environment.setTimer(run, latencyMs)
  })
  const { manager, clock, sockets, held, errors, environment } = setup(
    { reconnect: { maxAttempts: 30, maxIntervalMs: 4_000 }, queue: { maxAgeMs: 3_600_000 } },
    server.onSocket,
    { seed },
  )
  manager.connect()
  await clock.advance(1_000)
  // It is known that this server answers.
  await Promise.all([manager.request('msg', { n: -1 }), clock.advance(1_000)])
  const good: { readonly n: number; readonly outcome: ReturnType<typeof watch> }[] = []
  const bad: ReturnType<typeof watch>[] = []
  const unreadable: ReturnType<typeof watch>[] = []
  const releases: (() => void)[] = []
  let count = 0
  let poisons = 0
  const code = () => [1006, 1007, 1009, 1011][Math.floor(random() * 4)]
  const live = () => sockets.find(({ readyState }) => readyState === 1)
  const ask = (data: object) => watch(manager.port.request('ask', data, { idempotent: true }))
  const actions: (() => unknown)[] = [
    () => good.push({ n: count, outcome: ask({ n: count++ }) }),
    () => good.push({ n: count, outcome: watch(manager.send('msg', { n: count++ })) }),
    () => good.push({ n: count, outcome: ask({ n: count++ }) }),
    () => random() < 0.3 && bad.push(ask({ poison: code(), of: count++ })),
    () => {
      if (random() < 0.7) return
      poisons++
      void manager.send('msg', { poison: code(), of: count++ })
    },
    () => unreadable.push(ask({ isUnreadable: true, of: count++ })),
    () =>
      releases.push(
        listen(manager, { key: { room_id: count++ } }, random() < 0.5 ? { seq: 1 } : undefined).channel.close,
      ),
    () => releases.shift()?.(),
    () => random() < 0.2 && live()?.drop(random() < 0.5 ? 1006 : 1012),
    () => random() < 0.2 && live()?.receive({ type: 'draining', data: { retry_after_ms: 100 } }),
    () => Object.assign(server.mood, { isRefusing: random() < 0.1 }),
  ]
  for (let step = 0; step < STEPS; step++) {
    actions[Math.floor(random() * actions.length)]?.()
    const isBurst = random() < 0.5
    if (!isBurst) await clock.advance(random() < 0.1 ? random() * 15_000 : random() * 800)
  }
  server.mood.isRefusing = false
  await clock.advance(300_000)
  const { state } = manager.store.getState()
  const reported = errors.filter((error) => error.code === 'rejected').length
  for (const release of releases) release()
  manager.close()
  await clock.advance(10_000)
  return { good, bad, unreadable, poisons, reported, state, received: server.received, held: held() }
}

describe('random schedules', () => {
  it(`[T1] [T2] [T15] [T16] [T25] ${SCHEDULES} of them: one socket, every promise settled, sends in order and with one id, nothing left`, async () => {
    for (let seed = 1; seed <= SCHEDULES; seed++) {
      const { outcomes, received, held, sent } = await runSchedule(seed)
      const context = `seed ${seed}`
      expect(outcomes.filter(({ isSettled }) => !isSettled).length, context).toBe(0)
      expect({ ...held, sockets: 0 }, context).toEqual({ timers: 0, listeners: 0, sockets: 0 })
      // Whatever arrives twice has the same id; what arrives first arrives in the order of sending.
      const ids = new Map<number, string>()
      for (const { id, n } of received) {
        expect(ids.get(n) ?? id, context).toBe(id)
        ids.set(n, id)
      }
      const firsts = [...ids.keys()]
      expect(firsts, context).toEqual([...firsts].sort((one, other) => one - other))
      expect(sent.length, context).toBeGreaterThanOrEqual(firsts.length)
    }
  }, 60_000)

  it(`[T33] [T34] [T35] ${SCHEDULES} of them with frames that end connections: only those fail, all others arrive once`, async () => {
    for (let seed = 1; seed <= SCHEDULES; seed++) {
      const { good, bad, unreadable, poisons, reported, state, received, held } =
        await runPoisonSchedule(seed)
      const context = `seed ${seed}`
      expect(state, context).toBe('CONNECTED')
      expect(good.filter(({ outcome }) => !outcome.isSettled || outcome.error).length, context).toBe(0)
      const counts = [...received.values()].filter((n) => n !== -1 && n !== undefined)
      expect(counts.sort(), context).toEqual(good.map(({ n }) => n).sort())
      expect(
        bad.map(({ error }) => error?.code),
        context,
      ).toEqual(bad.map(() => 'rejected'))
      expect(
        unreadable.map(({ error }) => error?.code),
        context,
      ).toEqual(unreadable.map(() => 'invalid_frame'))
      expect(reported, context).toBe(poisons)
      expect({ ...held, sockets: 0 }, context).toEqual({ timers: 0, listeners: 0, sockets: 0 })
    }
  }, 120_000)
})
