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
})
