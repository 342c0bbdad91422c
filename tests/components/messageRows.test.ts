import { describe, expect, it } from 'vitest'
import {
  createToRows,
  type MessageRow,
  type MessageRows,
  type RowMessage,
  type RowOptions,
} from '../../storybook/components/messageRows.ts'
import { initialsOf } from '../../storybook/components/personColor.ts'
import { dayText, recentText } from '../../storybook/components/times.ts'

const at = (day: number, hour: number, minute = 0) => new Date(2026, 4, day, hour, minute).toISOString()

const said = (id: string, by: string, timestamp: string) => ({ id, sender: { id: by }, timestamp })

type Said = ReturnType<typeof said>

const talk = [
  said('1', 'bob', at(1, 9, 0)),
  said('2', 'bob', at(1, 9, 4)),
  said('3', 'bob', at(1, 9, 10)),
  said('4', 'alice', at(1, 9, 11)),
  said('5', 'alice', at(2, 0, 1)),
]

const all = <Message extends RowMessage>(rows: MessageRows<Message>) =>
  Array.from({ length: rows.length }, (_, index) => rows.at(index) as MessageRow<Message>)

/** From scratch, as if nothing had been shown before. */
const toRows = <Message extends RowMessage>(messages: readonly Message[], options: RowOptions) =>
  all(createToRows<Message>()(messages, options))

const marks = (
  name: 'startsDay' | 'startsGroup' | 'endsGroup' | 'startsUnread',
  rows: ReturnType<typeof toRows>,
) => rows.filter((row) => row[name]).map(({ message }) => message.id)

describe('rows', () => {
  it('begin a day where the calendar does', () => {
    expect(marks('startsDay', toRows(talk, { hasOlder: false }))).toEqual(['1', '5'])
  })

  it('begin a group with another sender, after five minutes, and with a day', () => {
    const rows = toRows(talk, { hasOlder: false })
    expect(marks('startsGroup', rows)).toEqual(['1', '3', '4', '5'])
    expect(marks('endsGroup', rows)).toEqual(['2', '3', '4', '5'])
  })

  it('have the unread divider above the first message that was not read, and a group begins there', () => {
    const rows = toRows(talk, { hasOlder: false, firstUnreadId: '2' })
    expect(marks('startsUnread', rows)).toEqual(['2'])
    expect(marks('startsGroup', rows)).toEqual(['1', '2', '3', '4', '5'])
  })

  it('look the same whatever is loaded above them', () => {
    const whole = toRows(talk, { hasOlder: false })
    for (let loaded = 1; loaded <= talk.length; loaded++) {
      const rows = toRows(talk.slice(-loaded), { hasOlder: loaded < talk.length })
      expect(rows).toEqual(rows.length === 0 ? [] : whole.slice(-rows.length))
    }
  })

  it('are the same objects up to what changed, and right after any change', () => {
    const remembering = createToRows<(typeof talk)[number]>()
    const [first, second, third, fourth, fifth] = talk as [Said, Said, Said, Said, Said]
    const changes: [messages: Said[], options: RowOptions][] = [
      [[second, third], { hasOlder: true }],
      [[second, third, fourth], { hasOlder: true }],
      [[first, second, third, fourth], { hasOlder: false }],
      [[first, second, third, fourth], { hasOlder: false, firstUnreadId: '3' }],
      [[first, second, third, fourth, fifth], { hasOlder: false, firstUnreadId: '3' }],
      [[first, second, { ...third, sender: fourth.sender }, fourth, fifth], { hasOlder: false }],
      [[first, fourth], { hasOlder: false }],
      [[first], { hasOlder: false }],
      [[], { hasOlder: false }],
      [talk, { hasOlder: true }],
    ]
    for (const change of changes) expect(all(remembering(...change))).toEqual(toRows(...change))
    const before = all(remembering(talk, { hasOlder: true }))
    const after = all(remembering([...talk, said('6', 'alice', at(2, 0, 2))], { hasOlder: true }))
    expect(after.map((row, index) => row === before[index])).toEqual([true, true, true, false, false])
  })

  it('are looked at only where they are asked for', () => {
    let reads = 0
    const long = Array.from({ length: 10_000 }, (_, index) => said(String(index), 'bob', at(1, 9)))
    const watched = new Proxy(long, {
      get(target, name) {
        reads++
        return Reflect.get(target, name)
      },
    })
    const rows = createToRows<Said>()(watched, { hasOlder: false })
    expect([rows.length, rows.at(9_999)?.key, rows.at(5_000)?.key, rows.at(10_000), rows.at(-1)]).toEqual([
      10_000,
      '9999',
      '5000',
      undefined,
      undefined,
    ])
    expect(reads).toBeLessThan(50)
  })

  it('are found by the id of their message', () => {
    const rows = createToRows<Said>()(talk, { hasOlder: true })
    expect(['5', 2, '1', '9'].map(rows.indexOf)).toEqual([3, 0, -1, -1])
  })

  it('keep their key when the server gives the message its id', () => {
    const pending = { ...said('c1', 'bob', at(1, 9)), client_id: 'c1' }
    const confirmed = { ...pending, id: '77' }
    const keyOf = (message: typeof pending) => toRows([message], { hasOlder: false })[0]?.key
    expect(keyOf(confirmed)).toBe(keyOf(pending))
  })
})

describe('times', () => {
  const now = new Date(2026, 4, 20, 12)

  it('are named by how far away the day is', () => {
    expect(dayText(at(20, 1), now)).toBe('Today')
    expect(dayText(at(19, 23), now)).toBe('Yesterday')
    expect(dayText(at(16, 23), now)).toBe(
      new Intl.DateTimeFormat(undefined, { weekday: 'long' }).format(new Date(2026, 4, 16)),
    )
    expect(dayText(at(1, 23), now)).toMatch(/2026/)
  })

  it('never lie in the future, whatever the server says', () => {
    expect(dayText(at(21, 1), now)).toBe('Today')
    expect(recentText(at(21, 1), now)).toMatch(/\d/)
  })
})

describe('initials', () => {
  it('are the first and the last word’s', () => {
    expect(['alice', 'Alice and Bob', 'old_pier-crew', '  ', '👩‍🚀 club'].map(initialsOf)).toEqual([
      'A',
      'AB',
      'OC',
      '',
      '👩C',
    ])
  })
})
