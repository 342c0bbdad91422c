import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { cleanup } from '@testing-library/react'
import { memo, Profiler } from 'react'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type RoomSetup, setupRoom } from './support/renderLive.tsx'
import { history, type Message, message, range, rowsOf } from './support/room.ts'

let room: RoomSetup
/** Ids of the rows that rendered since it was emptied. */
const rendered: number[] = []
let commits = 0

const Row = memo(function Row({ item }: { readonly item: Message }) {
  return (
    <Profiler id={String(item.id)} onRender={() => rendered.push(item.id)}>
      <p>{item.text}</p>
    </Profiler>
  )
})

function Messages() {
  const { data } = useInfiniteQuery(room.messages({ roomId: 'a' }, { pageSize: 200 }))
  return (
    <Profiler id="list" onRender={() => commits++}>
      {rowsOf(data).map((item) => (
        <Row key={item.id} item={item} />
      ))}
    </Profiler>
  )
}

async function showTwoHundred() {
  room.show(<Messages />)
  await room.live()
  await room.answer(history(range(101, 300)))
  expect(new Set(rendered).size).toBe(200)
  rendered.length = 0
  commits = 0
}

const renderedRows = () => [...new Set(rendered)]

beforeEach(() => {
  room = setupRoom()
  rendered.length = 0
})
afterEach(() => {
  cleanup()
  room.stop()
})

describe('[Q5] of 200 memoised rows', () => {
  it('a new one at the end renders alone', async () => {
    await showTwoHundred()
    await room.emit('created', message(301))
    expect(renderedRows()).toEqual([301])
  })

  it('an edit at either end renders one', async () => {
    await showTwoHundred()
    await room.emit('updated', message(101, 'oldest, edited'))
    expect(renderedRows()).toEqual([101])
    rendered.length = 0
    await room.emit('changed', { id: 300, text: 'newest, edited' })
    expect(renderedRows()).toEqual([300])
  })

  it('none renders for a deletion, a refetch or an event that says nothing new', async () => {
    await showTwoHundred()
    await room.emit('deleted', { id: 200 })
    expect(renderedRows()).toEqual([])
    room.fake.down()
    await room.live()
    await room.answer(history([...range(101, 199), ...range(201, 300)]))
    expect(renderedRows()).toEqual([])
    commits = 0
    await room.emit('updated', message(150))
    expect(renderedRows()).toEqual([])
    expect(commits).toBe(0)
  })

  it('events of other queries of the room render nothing', async () => {
    await showTwoHundred()
    await room.emit('topic', { text: 'lunch' })
    await room.emit('joined', { id: 'u', name: 'Una' })
    expect(commits).toBe(0)
  })
})

describe('[Q5] select', () => {
  it('with an equal output renders nothing', async () => {
    let renders = 0
    function Names() {
      const { data } = useQuery({
        ...room.members({ roomId: 'a' }),
        select: (members) => members.map(({ id }) => id),
      })
      return (
        <Profiler id="names" onRender={() => renders++}>
          {data}
        </Profiler>
      )
    }
    room.show(<Names />)
    await room.live()
    await room.answer([{ id: 'u', name: 'Una' }])
    renders = 0
    await room.emit('joined', { id: 'u', name: 'Una B.' })
    expect(renders).toBe(0)
    await room.emit('joined', { id: 'v', name: 'Vic' })
    expect(renders).toBeGreaterThan(0)
  })
})
