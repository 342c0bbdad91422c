import { expect, it } from 'vitest'
import { type ElectionInput, type ElectionState, next } from '../../src/tabs/election.ts'

const states: readonly ElectionState[] = [
  { role: 'out', isHidden: false },
  { role: 'candidate', isHidden: false, asked: 1 },
  { role: 'candidate', isHidden: false, asked: 2 },
  { role: 'candidate', isHidden: true, asked: 2 },
  { role: 'candidate', isHidden: true, asked: 4 },
  { role: 'follower', isHidden: false, asked: 0, leader: 'a' },
  { role: 'follower', isHidden: false, asked: 1, leader: 'a' },
  { role: 'follower', isHidden: false, asked: 2, leader: 'a' },
  { role: 'follower', isHidden: true, asked: 2, leader: 'a' },
  { role: 'follower', isHidden: true, asked: 4, leader: 'a' },
  { role: 'leader', isHidden: false },
]

const inputs: readonly ElectionInput[] = [
  { type: 'join' },
  { type: 'leave' },
  { type: 'sleep' },
  { type: 'granted' },
  { type: 'stolen' },
  { type: 'answer', leader: 'a' },
  { type: 'answer', leader: 'b' },
  { type: 'announced', leader: 'a' },
  { type: 'announced', leader: 'b' },
  { type: 'leaving', leader: 'a' },
  { type: 'leaving', leader: 'b' },
  { type: 'gone', leader: 'a' },
  { type: 'gone', leader: 'b' },
  { type: 'doubt' },
  { type: 'tick' },
  { type: 'hidden' },
  { type: 'visible' },
  { type: 'otherVisible' },
]

const shown = (state: ElectionState) =>
  [
    state.role,
    state.isHidden && 'hidden',
    'leader' in state && `of ${state.leader}`,
    'asked' in state && `asked ${state.asked}`,
  ]
    .filter(Boolean)
    .join(' ')

const named = (input: ElectionInput) => ('leader' in input ? `${input.type} ${input.leader}` : input.type)

it('[B5] the election has an answer to every input in every state', () => {
  const table = states.map((state) => {
    const rows = inputs.map((input) => {
      const [after, effects] = next(state, input)
      const isSame = shown(after) === shown(state)
      return [named(input), isSame ? '=' : shown(after), effects.join(' ')].join(' | ')
    })
    return [`## ${shown(state)}`, ...rows].join('\n')
  })
  expect(table.join('\n\n')).toMatchSnapshot()
})

it('[B5] whoever has the lock leads, and nobody else does', () => {
  for (const state of states) {
    for (const input of inputs) {
      const [after, effects] = next(state, input)
      const leads = after.role === 'leader'
      if (leads && state.role !== 'leader') expect(input.type).toBe('granted')
      expect(effects.includes('lead')).toBe(leads && state.role !== 'leader')
      const ends = effects.includes('drop') || effects.includes('resign')
      expect(ends).toBe(state.role === 'leader' && !leads)
    }
  }
})

it('[B5] from every state one comes back to a leader that answers, and to the lock when it is free', () => {
  for (const state of states) {
    for (const input of inputs) {
      const [joined] = next(next(state, input)[0], { type: 'join' })
      if (joined.role === 'leader') continue
      expect(next(joined, { type: 'answer', leader: 'z' })[0]).toMatchObject({
        role: 'follower',
        leader: 'z',
      })
      expect(next(joined, { type: 'granted' })[0].role).toBe('leader')
    }
  }
})
