import { describe, expect, it } from 'vitest'
import { whoReacted } from '../../storybook/components/actions/whoReacted.ts'

const names: Readonly<Record<string, string>> = { a: 'alice', b: 'bob', c: 'carol', 7: 'seven' }
const people = {
  nameOf: (id: string | number) => names[String(id)],
  isMe: (id: string | number) => String(id) === 'a',
  called: () => undefined,
}

describe('[C128] who is behind a reaction', () => {
  it.each([
    [{ count: 1, me: true, user_ids: ['a'] }, 'You'],
    [{ count: 2, me: true, user_ids: ['b', 'a'] }, 'You and bob'],
    [{ count: 3, me: false, user_ids: ['b', 7, 'c'] }, 'bob, seven, and carol'],
    // Named by nobody, or known to nobody here.
    [{ count: 1, me: false }, '1 person'],
    [{ count: 4, me: false, user_ids: null }, '4 people'],
    [{ count: 4, me: true }, 'You and 3 others'],
    [{ count: 2, me: false, user_ids: ['b', 'x'] }, 'bob and 1 other'],
    [{ count: 30, me: true, user_ids: ['b', 'c'] }, 'You, bob, carol, and 27 others'],
    // Under a tap that the server has not heard of, and one that takes it back.
    [{ count: 2, me: true, user_ids: ['b'] }, 'You and bob'],
    [{ count: 1, me: false, user_ids: ['b', 'a'] }, 'bob'],
    // A server that names more than it counts.
    [{ count: 1, me: false, user_ids: ['b', 'c'] }, 'bob'],
  ])('%j is %s', (reaction, expected) => {
    expect(whoReacted({ name: '👍', ...reaction }, people)).toBe(expected)
  })

  it('names eight at most', () => {
    const all = { ...people, nameOf: (id: string | number) => `p${id}` }
    const user_ids = Array.from({ length: 20 }, (_, at) => at)
    expect(whoReacted({ name: '👍', count: 25, me: false, user_ids }, all)).toMatch(
      /^p0, .*p7, and 17 others$/,
    )
  })
})
