import { describe, expect, it } from 'vitest'
import {
  attemptOf,
  dialOf,
  INITIAL_STATE,
  type MachineEvent,
  type MachineState,
  publicState,
  transition,
} from '../../src/transport/machine/connectionMachine.ts'
import type { Loss, LossConfig } from '../../src/transport/machine/lossPolicy.ts'

const reconnect = { intervalMs: 1_000, decay: 1.5, maxAttempts: 10, maxIntervalMs: 30_000, jitter: 0 }
const config: LossConfig = { reconnect, canRefresh: true }

const loss: Loss = {
  cause: 'closed',
  code: 1006,
  reason: '',
  action: 'retry',
  retryAfterMs: undefined,
  online: true,
  random: 0.5,
}
const { trouble } = INITIAL_STATE
const tried = { ...trouble, losses: 1 }
const problem = { code: 1006, reason: '' }

const states = {
  idle: { ...INITIAL_STATE, dials: 3 },
  disconnected: { phase: 'disconnected', dials: 3, trouble, problem: null },
  dialing: { phase: 'dialing', dials: 3, trouble, problem: null },
  connected: {
    phase: 'connected',
    dials: 3,
    trouble: tried,
    problem: null,
    attempt: 3,
    successor: null,
    unsettled: ['sync'],
  },
  renewing: { phase: 'connected', dials: 4, trouble, problem: null, attempt: 3, successor: 4, unsettled: [] },
  waiting: { phase: 'waiting', dials: 3, trouble: tried, problem, refresh: false, hinted: false },
  hinted: { phase: 'waiting', dials: 3, trouble: tried, problem, refresh: false, hinted: true },
  failed: { phase: 'failed', dials: 3, trouble: tried, problem, error: 'connection_failed' },
  forbidden: { phase: 'failed', dials: 3, trouble: tried, problem, error: 'forbidden' },
} as const satisfies Record<string, MachineState>

const events = {
  connect: { type: 'connect' },
  hold: { type: 'hold' },
  release: { type: 'release' },
  disconnect: { type: 'disconnect' },
  opened: { type: 'opened', attempt: 3 },
  'successor opened': { type: 'opened', attempt: 4 },
  settled: { type: 'settled', attempt: 3, step: 'sync' },
  lost: { type: 'lost', attempt: 3, loss },
  'late loss': { type: 'lost', attempt: 2, loss },
  'successor lost': { type: 'lost', attempt: 4, loss },
  retry: { type: 'retry' },
  wake: { type: 'wake', sinceDialMs: 5_000 },
  'early wake': { type: 'wake', sinceDialMs: 200 },
  renew: { type: 'renew', refresh: true },
  reauthenticate: { type: 'reauthenticate' },
} as const satisfies Record<string, MachineEvent>

type StateName = keyof typeof states
type EventName = keyof typeof events

/** Every phase and every type of event is in the tables above; a new one does not compile. */
const _phases: Record<MachineState['phase'], unknown> = {
  idle: 0,
  disconnected: 0,
  dialing: 0,
  connected: 0,
  waiting: 0,
  failed: 0,
}
const _types: Record<MachineEvent['type'], EventName> = {
  connect: 'connect',
  hold: 'hold',
  release: 'release',
  disconnect: 'disconnect',
  opened: 'opened',
  settled: 'settled',
  lost: 'lost',
  retry: 'retry',
  wake: 'wake',
  renew: 'renew',
  reauthenticate: 'reauthenticate',
}

const IGNORED = 'ignored'

/** Written as `phase [sockets] effects`: the sockets that may live, and what is to be done. */
const table: Record<StateName, Record<EventName, string>> = {
  idle: {
    connect: 'dialing [4] dial',
    hold: 'dialing [4] dial',
    release: 'idle []',
    disconnect: 'disconnected []',
    opened: IGNORED,
    'successor opened': IGNORED,
    settled: IGNORED,
    lost: IGNORED,
    'late loss': IGNORED,
    'successor lost': IGNORED,
    retry: IGNORED,
    wake: IGNORED,
    'early wake': IGNORED,
    renew: IGNORED,
    reauthenticate: 'dialing [4] dial',
  },
  disconnected: {
    connect: 'dialing [4] dial',
    hold: 'dialing [4] dial',
    release: 'idle []',
    disconnect: 'disconnected []',
    opened: IGNORED,
    'successor opened': IGNORED,
    settled: IGNORED,
    lost: IGNORED,
    'late loss': IGNORED,
    'successor lost': IGNORED,
    retry: IGNORED,
    wake: IGNORED,
    'early wake': IGNORED,
    renew: IGNORED,
    reauthenticate: 'dialing [4] dial',
  },
  dialing: {
    connect: IGNORED,
    hold: IGNORED,
    release: 'idle []',
    disconnect: 'disconnected []',
    opened: 'connected [3]',
    'successor opened': IGNORED,
    settled: IGNORED,
    lost: 'waiting [] wait',
    'late loss': IGNORED,
    'successor lost': IGNORED,
    retry: IGNORED,
    wake: IGNORED,
    'early wake': IGNORED,
    renew: IGNORED,
    reauthenticate: 'dialing [4] dial',
  },
  connected: {
    connect: IGNORED,
    hold: IGNORED,
    release: 'idle []',
    disconnect: 'disconnected []',
    opened: IGNORED,
    'successor opened': IGNORED,
    settled: 'connected [3]',
    lost: 'waiting [] wait',
    'late loss': IGNORED,
    'successor lost': IGNORED,
    retry: IGNORED,
    wake: 'connected [3] probe',
    'early wake': 'connected [3] probe',
    renew: 'connected [3, 4] dial',
    reauthenticate: 'connected [3, 4] dial',
  },
  renewing: {
    connect: IGNORED,
    hold: IGNORED,
    release: 'idle []',
    disconnect: 'disconnected []',
    opened: IGNORED,
    'successor opened': 'connected [4]',
    settled: 'connected [3, 4]',
    lost: 'dialing [4]',
    'late loss': IGNORED,
    'successor lost': 'connected [3] postponeRenewal',
    retry: IGNORED,
    wake: 'connected [3, 4] probe',
    'early wake': 'connected [3, 4] probe',
    renew: IGNORED,
    reauthenticate: 'connected [3, 5] dial',
  },
  waiting: {
    connect: 'dialing [4] dial',
    hold: IGNORED,
    release: 'idle []',
    disconnect: 'disconnected []',
    opened: IGNORED,
    'successor opened': IGNORED,
    settled: IGNORED,
    lost: IGNORED,
    'late loss': IGNORED,
    'successor lost': IGNORED,
    retry: 'dialing [4] dial',
    wake: 'dialing [4] dial',
    'early wake': 'waiting [] wait',
    renew: IGNORED,
    reauthenticate: 'dialing [4] dial',
  },
  hinted: {
    connect: 'dialing [4] dial',
    hold: IGNORED,
    release: 'idle []',
    disconnect: 'disconnected []',
    opened: IGNORED,
    'successor opened': IGNORED,
    settled: IGNORED,
    lost: IGNORED,
    'late loss': IGNORED,
    'successor lost': IGNORED,
    retry: 'dialing [4] dial',
    wake: IGNORED,
    'early wake': IGNORED,
    renew: IGNORED,
    reauthenticate: 'dialing [4] dial',
  },
  failed: {
    connect: 'dialing [4] dial',
    hold: IGNORED,
    release: 'idle []',
    disconnect: 'disconnected []',
    opened: IGNORED,
    'successor opened': IGNORED,
    settled: IGNORED,
    lost: IGNORED,
    'late loss': IGNORED,
    'successor lost': IGNORED,
    retry: IGNORED,
    wake: 'dialing [4] dial',
    'early wake': IGNORED,
    renew: IGNORED,
    reauthenticate: 'dialing [4] dial',
  },
  forbidden: {
    connect: 'dialing [4] dial',
    hold: IGNORED,
    release: 'idle []',
    disconnect: 'disconnected []',
    opened: IGNORED,
    'successor opened': IGNORED,
    settled: IGNORED,
    lost: IGNORED,
    'late loss': IGNORED,
    'successor lost': IGNORED,
    retry: IGNORED,
    wake: IGNORED,
    'early wake': IGNORED,
    renew: IGNORED,
    reauthenticate: 'dialing [4] dial',
  },
}

const cells = Object.entries(table).flatMap(([state, row]) =>
  Object.entries(row).map(([event, expected]) => ({
    state: state as StateName,
    event: event as EventName,
    expected,
  })),
)

function outcome(state: MachineState, event: MachineEvent): string {
  const [next, effects] = transition(state, event, config)
  if (next === state && effects.length === 0) return IGNORED
  const sockets = [attemptOf(next), dialOf(next)].filter((attempt) => attempt !== null).join(', ')
  return [next.phase, `[${sockets}]`, ...effects.map(({ type }) => type)].join(' ')
}

/** Feeds events until nothing is left to do, and returns the last state. */
function feed(start: MachineState, ...inputs: readonly MachineEvent[]): MachineState {
  return inputs.reduce((state, event) => transition(state, event, config)[0], start)
}

describe('connection machine', () => {
  it.each(cells)('[T1] $state × $event → $expected', ({ state, event, expected }) => {
    expect(outcome(states[state], events[event])).toBe(expected)
  })

  it('[T1] never reuses the number of a dial', () => {
    for (const { state, event } of cells) {
      const [next, effects] = transition(states[state], events[event], config)
      for (const effect of effects) {
        if (effect.type === 'dial') expect(next.dials).toBeGreaterThan(states[state].dials)
      }
      expect(next.dials).toBeGreaterThanOrEqual(states[state].dials)
    }
  })

  it('[T4] forgets its losses only when it stayed up and caught up', () => {
    const up = feed(states.waiting, { type: 'retry' }, { type: 'opened', attempt: 4 })
    expect(up.trouble.losses).toBe(1)
    const stayed = feed(up, { type: 'settled', attempt: 4, step: 'uptime' })
    expect(stayed.trouble.losses).toBe(1)
    expect(feed(stayed, { type: 'settled', attempt: 4, step: 'sync' }).trouble.losses).toBe(0)
  })

  it('[T3] waits 1000, 1500, 2250 … ms, gives up after ten retries, and says RECONNECTING meanwhile', () => {
    let state: MachineState = states.dialing
    const delays: number[] = []
    while (state.phase === 'dialing') {
      const [lost, effects] = transition(state, { type: 'lost', attempt: state.dials, loss }, config)
      for (const effect of effects) if (effect.type === 'wait') delays.push(Math.round(effect.delayMs))
      if (lost.phase === 'waiting') expect(publicState(lost)).toBe('RECONNECTING')
      state = feed(lost, { type: 'retry' })
    }
    expect(delays).toEqual([1000, 1500, 2250, 3375, 5063, 7594, 11391, 17086, 25629, 30000])
    expect(publicState(state)).toBe('FAILED')
  })

  it('[T7] an unauthorized close is retried once with a fresh token, then fails', () => {
    const refused: Loss = { ...loss, code: 4001, action: 'reauthenticate' }
    const [once, effects] = transition(states.connected, { type: 'lost', attempt: 3, loss: refused }, config)
    expect(effects).toEqual([{ type: 'dial', refresh: true }])
    const twice = feed(once, { type: 'lost', attempt: 4, loss: refused })
    expect(twice).toMatchObject({ phase: 'failed', error: 'unauthorized', problem: { code: 4001 } })
  })

  it('[T7] without a token source an unauthorized close fails at once', () => {
    const refused: Loss = { ...loss, code: 4001, action: 'reauthenticate' }
    const [state] = transition(
      states.dialing,
      { type: 'lost', attempt: 3, loss: refused },
      { reconnect, canRefresh: false },
    )
    expect(state.phase).toBe('failed')
  })

  it('[T8] two closes before open refresh the token once', () => {
    let state: MachineState = states.dialing
    const refreshes: boolean[] = []
    for (let dial = 0; dial < 6; dial++) {
      state = feed(state, { type: 'lost', attempt: state.dials, loss })
      const [next, effects] = transition(state, { type: 'retry' }, config)
      for (const effect of effects) if (effect.type === 'dial') refreshes.push(effect.refresh)
      state = next
    }
    expect(refreshes).toEqual([false, true, false, false, false, false])
  })

  it('[T6] closes about the protocol are retried twice', () => {
    const mismatch: Loss = { ...loss, code: 1002, action: 'retry-twice' }
    let state: MachineState = states.dialing
    for (let dial = 0; dial < 2; dial++) {
      state = feed(state, { type: 'lost', attempt: state.dials, loss: mismatch }, { type: 'retry' })
      expect(state.phase).toBe('dialing')
    }
    expect(feed(state, { type: 'lost', attempt: state.dials, loss: mismatch }).phase).toBe('failed')
  })

  it('[T3] without a network no attempt is used up', () => {
    let state: MachineState = states.dialing
    for (let dial = 0; dial < 50; dial++) {
      state = feed(
        state,
        { type: 'lost', attempt: state.dials, loss: { ...loss, online: false } },
        { type: 'retry' },
      )
    }
    expect(state).toMatchObject({ phase: 'dialing', trouble: { losses: 1 } })
  })

  it('[T3] a socket that went silent is replaced at once, but only the first time', () => {
    const silent: Loss = { ...loss, cause: 'silent' }
    const up: MachineState = { ...states.connected, trouble }
    const [again, effects] = transition(up, { type: 'lost', attempt: 3, loss: silent }, config)
    expect(effects.at(-1)).toMatchObject({ type: 'dial' })
    const [later] = transition(again, { type: 'opened', attempt: 4 }, config)
    expect(transition(later, { type: 'lost', attempt: 4, loss: silent }, config)[0].phase).toBe('waiting')
  })

  it('[T6] a hinted delay is kept to, and nothing local shortens it', () => {
    const hinted: Loss = { ...loss, retryAfterMs: 20_000, random: 0 }
    const [state, effects] = transition(states.connected, { type: 'lost', attempt: 3, loss: hinted }, config)
    expect(effects.at(-1)).toEqual({ type: 'wait', delayMs: 20_000 })
    expect(transition(state, events.wake, config)).toEqual([state, []])
  })

  it('[T3] with `reconnect: false` a loss is the end until connect()', () => {
    const never: LossConfig = { reconnect: false, canRefresh: true }
    const [state] = transition(states.connected, events.lost, never)
    expect(state.phase).toBe('disconnected')
    expect(transition(state, events.wake, never)[0]).toBe(state)
    expect(transition(state, events.connect, never)[0].phase).toBe('dialing')
  })
})
