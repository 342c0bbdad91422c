/** The complete table of what happens to a send, and what follows from a state. */
import { describe, expect, it } from 'vitest'
import {
  firstState,
  isOver,
  isShown,
  isUnsent,
  next,
  type SendInput,
  type SendState,
  statusOf,
  wasSent,
} from '../../src/query/optimistic/sendState.ts'

type Name = SendState['progress'] | `${SendState['progress']} ${'guess' | 'sure'}`
type Status = Parameters<typeof firstState>[0]

const SAME = 'same'

/** Every state and every input; one that is missing does not compile. */
const table: Record<Name, Record<SendInput, Name | typeof SAME>> = {
  fresh: {
    elsewhere: 'in-doubt',
    unsent: 'waiting',
    started: 'waiting',
    sending: 'sending',
    lost: SAME,
    failed: SAME,
    guess: 'fresh guess',
    sure: 'fresh sure',
  },
  'fresh guess': {
    elsewhere: 'in-doubt guess',
    unsent: 'waiting guess',
    started: 'waiting guess',
    sending: 'sending guess',
    lost: SAME,
    failed: 'fresh',
    guess: SAME,
    sure: 'fresh sure',
  },
  'fresh sure': {
    elsewhere: 'in-doubt sure',
    unsent: 'waiting sure',
    started: 'waiting sure',
    sending: 'sending sure',
    lost: SAME,
    failed: SAME,
    guess: SAME,
    sure: SAME,
  },
  waiting: {
    elsewhere: 'in-doubt',
    unsent: SAME,
    started: SAME,
    sending: 'sending',
    lost: SAME,
    failed: SAME,
    guess: 'waiting guess',
    sure: 'waiting sure',
  },
  'waiting guess': {
    elsewhere: 'in-doubt guess',
    unsent: SAME,
    started: SAME,
    sending: 'sending guess',
    lost: SAME,
    failed: 'waiting',
    guess: SAME,
    sure: 'waiting sure',
  },
  'waiting sure': {
    elsewhere: 'in-doubt sure',
    unsent: SAME,
    started: SAME,
    sending: 'sending sure',
    lost: SAME,
    failed: SAME,
    guess: SAME,
    sure: SAME,
  },
  sending: {
    elsewhere: 'in-doubt',
    unsent: 'waiting',
    started: 'lost',
    sending: SAME,
    lost: 'lost',
    failed: 'lost',
    guess: 'sending guess',
    sure: 'sending sure',
  },
  'sending guess': {
    elsewhere: 'in-doubt guess',
    unsent: 'waiting guess',
    started: 'lost guess',
    sending: SAME,
    lost: 'lost guess',
    failed: 'lost',
    guess: SAME,
    sure: 'sending sure',
  },
  'sending sure': {
    elsewhere: 'in-doubt sure',
    unsent: 'waiting sure',
    started: 'lost sure',
    sending: SAME,
    lost: 'lost sure',
    failed: 'lost sure',
    guess: SAME,
    sure: SAME,
  },
  lost: {
    elsewhere: 'in-doubt',
    unsent: 'waiting',
    started: SAME,
    sending: 'sending',
    lost: SAME,
    failed: SAME,
    guess: 'lost guess',
    sure: 'lost sure',
  },
  'lost guess': {
    elsewhere: 'in-doubt guess',
    unsent: 'waiting guess',
    started: SAME,
    sending: 'sending guess',
    lost: SAME,
    failed: 'lost',
    guess: SAME,
    sure: 'lost sure',
  },
  'lost sure': {
    elsewhere: 'in-doubt sure',
    unsent: 'waiting sure',
    started: SAME,
    sending: 'sending sure',
    lost: SAME,
    failed: SAME,
    guess: SAME,
    sure: SAME,
  },
  'in-doubt': {
    elsewhere: SAME,
    unsent: 'waiting',
    started: 'lost',
    sending: 'sending',
    lost: SAME,
    failed: SAME,
    guess: 'in-doubt guess',
    sure: 'in-doubt sure',
  },
  'in-doubt guess': {
    elsewhere: SAME,
    unsent: 'waiting guess',
    started: 'lost guess',
    sending: 'sending guess',
    lost: SAME,
    failed: 'in-doubt',
    guess: SAME,
    sure: 'in-doubt sure',
  },
  'in-doubt sure': {
    elsewhere: SAME,
    unsent: 'waiting sure',
    started: 'lost sure',
    sending: 'sending sure',
    lost: SAME,
    failed: SAME,
    guess: SAME,
    sure: SAME,
  },
}

const named = (name: string): SendState => {
  const [progress, proof] = name.split(' ')
  return { progress, proof } as SendState
}

const names = Object.keys(table) as Name[]
const cells = names.flatMap((name) =>
  (Object.keys(table[name]) as SendInput[]).map((input) => ({ name, input, expected: table[name][input] })),
)

describe('the state of a send', () => {
  it.each(cells)('[Q13] $name, $input: $expected', ({ name, input, expected }) => {
    const state = named(name)
    expect(next(state, input)).toEqual(expected === SAME ? state : named(expected))
  })

  it.each([
    ['idle', undefined, 'fresh'],
    ['idle', true, 'fresh'],
    ['pending', undefined, 'lost'],
    ['pending', false, 'waiting'],
    ['pending', true, 'in-doubt'],
    ['error', undefined, 'waiting'],
    ['error', false, 'waiting'],
    ['error', true, 'waiting'],
  ] as const)('of one found %s, stored as sent: %s, is %s', (status, stored, expected) => {
    const signature = stored === undefined ? undefined : { wasSent: stored }
    expect(firstState(status, signature)).toEqual(named(expected))
  })
})

describe('what follows from it', () => {
  const of = (name: Name, status: Status) => ({ mutation: { state: { status } }, state: named(name) })

  /** Of each: as it runs, and failed. */
  const answers: Record<SendState['progress'], readonly [string, string]> = {
    fresh: ['queued unsent', 'failed unsent'],
    waiting: ['queued unsent', 'failed unsent'],
    sending: ['sending', 'failed unsent'],
    lost: ['queued', 'failed unsent'],
    'in-doubt': ['queued', 'failed unsent'],
  }

  it.each(Object.entries(answers))('%s', (name, expected) => {
    const told = (['pending', 'error'] as const).map((status) => {
      const send = of(name as Name, status)
      return statusOf(send) + (isUnsent(send) ? ' unsent' : '')
    })
    expect(told).toEqual(expected)
    expect(isUnsent(of(`${name} guess` as Name, 'error'))).toBe(false)
    expect(isUnsent(of(`${name} sure` as Name, 'pending'))).toBe(false)
    expect(statusOf(of(name as Name, 'success'))).toBe('sent')
  })

  it('may be with the server from the moment it leaves', () => {
    const sent = names.filter((name) => wasSent(named(name)))
    const unsent = names.filter((name) => /^(fresh|waiting)/.test(name))
    expect(sent).toEqual(names.filter((name) => !unsent.includes(name)))
  })

  it.each(names)('%s is shown until something was taken for it, and over when it then ends', (name) => {
    const isProven = name.includes(' ')
    expect(isShown(of(name, 'idle'))).toBe(false)
    for (const status of ['pending', 'error', 'success'] as const) {
      expect(isShown(of(name, status))).toBe(!isProven)
      expect(isOver(of(name, status))).toBe(isProven && status !== 'pending')
    }
  })
})
