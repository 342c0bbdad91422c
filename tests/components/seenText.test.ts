import { expect, it } from 'vitest'
import { seenText } from '../../storybook/components/actions/SeenBy.tsx'

const readers = (...names: string[]) => names.map((name) => ({ user: { id: name, username: name } }))

it.each([
  [readers(), 'Seen by nobody else yet'],
  [readers('bob'), 'Seen by bob'],
  [readers('bob', 'carol'), 'Seen by bob and carol'],
  [readers(...'abcdefgh'), 'Seen by c, d, e, f, g, h, and 2 more'],
])('%j: %s', (who, expected) => {
  expect(seenText(who)).toBe(expected)
})

it('says nothing where nobody knows who has got as far', () => {
  expect(seenText(undefined)).toBeUndefined()
})
