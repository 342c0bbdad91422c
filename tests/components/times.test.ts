/** Times as a server writes them, to a reader west of it. */
import { afterAll, describe, expect, it, vi } from 'vitest'
import { createToRows } from '../../storybook/components/messageRows.ts'
import { dayText, exactText, recentText, timeText } from '../../storybook/components/times.ts'

// Before the formats are made.
const before = vi.hoisted(() => {
  const { TZ } = process.env
  process.env.TZ = 'America/New_York'
  return TZ
})

afterAll(() => {
  if (before === undefined) delete process.env.TZ
  else process.env.TZ = before
})

const now = new Date('2024-01-15T12:00:00Z')

describe('times', () => {
  it.each([
    '2024-01-15T03:00:00.123456',
    '2024-01-15 03:00:00',
    '2024-01-15T03:00',
    '2024-01-15T03:00:00,5+00',
    '2024-01-15T04:00:00+0100',
    '2024-01-15T03:00:00.123Z',
  ])('[C86] without a zone are UTC where they are read: %s', (timestamp) => {
    expect(new Date(now).getTimezoneOffset()).toBe(300)
    expect(timeText(timestamp)).toMatch(/^10:00\sPM$/)
    expect(exactText(timestamp)).toMatch(/January 14, 2024/)
    expect(dayText(timestamp, now)).toBe('Yesterday')
    expect(recentText(timestamp, now)).toBe('Sun')
  })

  it('[C86] put a message into the same day before and after the server has confirmed it', () => {
    const said = (id: string, timestamp: string) => ({ id, sender: { id: 'bob' }, timestamp })
    const rows = createToRows()(
      [
        said('1', '2024-01-15T02:58:00Z'),
        said('2', '2024-01-15T03:00:00.5'),
        said('3', '2024-01-15T03:01:00Z'),
      ],
      { hasOlder: false },
    )
    const marks = [0, 1, 2].map((at) => rows.at(at)).map((row) => [row?.startsDay, row?.startsGroup])
    expect(marks).toEqual([
      [true, true],
      [false, false],
      [false, false],
    ])
  })

  it('that are none read as nothing, and begin no day', () => {
    for (const timestamp of ['', 'soon', '2024-99-99T00:00:00']) {
      expect([timeText, exactText, dayText, recentText].map((text) => text(timestamp))).toEqual([
        '',
        '',
        '',
        '',
      ])
    }
    const said = (id: string, timestamp: string) => ({ id, sender: { id: 'bob' }, timestamp })
    const rows = createToRows()([said('1', '2024-01-15T12:00:00Z'), said('2', 'soon'), said('3', 'later')], {
      hasOlder: false,
    })
    expect([0, 1, 2].map((at) => rows.at(at)?.startsDay)).toEqual([true, false, false])
  })
})
