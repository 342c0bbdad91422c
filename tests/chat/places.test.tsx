/** Where messages stand that the server's clock cannot tell apart. */
import { cleanup, renderHook } from '@testing-library/react'
import { afterEach, expect, it } from 'vitest'
import type { ChatMessage } from '../../src/chat/index.ts'
import { usePlaces } from '../../src/chat/react/reading/usePlaces.ts'
import { compareKeys } from '../../src/query/index.ts'

afterEach(cleanup)

const message = (id: string, timestamp = '2024-01-01T00:00:00'): ChatMessage => ({
  id,
  room_id: 'r1',
  sender: { id: 'bob', username: 'bob' },
  content: id,
  timestamp,
})

it('[C87] no two are at the same place, also when one goes, more come, and older ones are loaded', () => {
  const [a, b, c, d] = ['z', 'y', 'x', 'w'].map((id) => message(id)) as [
    ChatMessage,
    ChatMessage,
    ChatMessage,
    ChatMessage,
  ]
  const older = message('o')
  const later = message('l', '2024-01-01T00:00:00.000001')
  const view = renderHook(({ messages }) => usePlaces('r1', messages), {
    initialProps: { messages: [a, b, c] },
  })
  const order = (ids: readonly ChatMessage[]) => {
    const places = ids.map(({ id }) => view.result.current(id))
    for (const [at, place] of places.entries()) {
      const next = places[at + 1]
      if (place && next) expect(compareKeys(place, next)).toBeLessThan(0)
    }
    expect(places.every(Boolean)).toBe(true)
  }
  order([a, b, c])
  view.rerender({ messages: [a, c, d, later] })
  order([a, c, d, later])
  expect(view.result.current(b.id)).toBeDefined()
  view.rerender({ messages: [older, a, c, d, later] })
  order([older, a, c, d, later])
})
