import {
  dehydrate,
  hydrate,
  useInfiniteQuery,
  useQuery,
  useSuspenseInfiniteQuery,
  useSuspenseQuery,
} from '@tanstack/react-query'
import { cleanup, screen } from '@testing-library/react'
import { Activity, Suspense } from 'react'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type RoomSetup, setupRoom } from './support/renderLive.tsx'
import { history, type Member, message, range, textsOf } from './support/room.ts'

let room: RoomSetup

function Messages({ roomId = 'a' }: { readonly roomId?: string }) {
  const { data } = useInfiniteQuery(room.messages({ roomId }))
  return <p data-testid="rows">{textsOf(data).join(' ')}</p>
}

function SuspendedMessages() {
  const { data } = useSuspenseInfiniteQuery(room.messages({ roomId: 'a' }))
  return <p data-testid="rows">{textsOf(data).join(' ')}</p>
}

function SuspendedTopic() {
  const { data } = useSuspenseQuery(room.topic({ roomId: 'a' }))
  return <p data-testid="topic">{data.text}</p>
}

const shown = (id = 'rows') => screen.queryByTestId(id)?.textContent

beforeEach(() => {
  room = setupRoom()
})
afterEach(() => {
  cleanup()
  room.stop()
})

describe('leases', () => {
  it('[Q4] StrictMode subscribes once', async () => {
    room.show(<Messages />)
    await room.live()
    await room.answer(history(range(1, 3)))
    expect(shown()).toBe('m1 m2 m3')
    expect(room.fake.channels).toHaveLength(1)
    expect(room.fake.requests).toHaveLength(1)
  })

  it('[Q4] the channel of an old key lingers for five seconds, then closes', async () => {
    const { change } = room.show(<Messages roomId="a" />)
    await room.live()
    await room.answer(history(range(1, 3)))
    change(<Messages roomId="b" />)
    await room.settle()
    expect(room.fake.openChannels().map(({ spec }) => spec.key.room_id)).toEqual(['a', 'b'])
    await room.advance(6_000)
    expect(room.fake.openChannels().map(({ spec }) => spec.key.room_id)).toEqual(['b'])
  })

  it('[Q4] going back within the linger keeps the subscription and asks for nothing', async () => {
    const { change } = room.show(<Messages />)
    await room.live()
    await room.answer(history(range(1, 3)))
    change(<p />)
    await room.advance(3_000)
    await room.emit('created', message(4))
    change(<Messages />)
    await room.settle()
    expect(shown()).toBe('m1 m2 m3 m4')
    expect(room.fake.requests).toHaveLength(1)
    await room.advance(6_000)
    expect(room.fake.openChannels()).toHaveLength(1)
  })

  // React 18 has none.
  if (Activity) {
    it('[Q4] a hidden Activity lets its channel go, and is current again when shown', async () => {
      const { change } = room.show(
        <Activity mode="visible">
          <Messages />
        </Activity>,
      )
      await room.live()
      await room.answer(history(range(1, 3)))
      change(
        <Activity mode="hidden">
          <Messages />
        </Activity>,
      )
      await room.advance(6_000)
      expect(room.fake.openChannels()).toHaveLength(0)
      change(
        <Activity mode="visible">
          <Messages />
        </Activity>,
      )
      await room.live()
      await room.answer(history(range(1, 4)))
      expect(shown()).toBe('m1 m2 m3 m4')
    })
  }

  it('[Q4] useSuspenseInfiniteQuery is live from its first fetch, however late it commits', async () => {
    room.show(
      <Suspense fallback={<p>loading</p>}>
        <SuspendedMessages />
      </Suspense>,
    )
    await room.live()
    room.fake.emit({ type: 'created', payload: message(4) })
    await room.answer(history(range(1, 3)))
    expect(shown()).toBe('m1 m2 m3 m4')
    await room.emit('created', message(5))
    expect(shown()).toBe('m1 m2 m3 m4 m5')
    expect(room.fake.channels).toHaveLength(1)
  })

  it('[Q4] useSuspenseQuery never resolves with events alone', async () => {
    room.show(
      <Suspense fallback={<p data-testid="waiting" />}>
        <SuspendedTopic />
      </Suspense>,
    )
    await room.live()
    await room.emit('topic', { text: 'early' })
    expect(shown('waiting')).toBeDefined()
    expect(shown('topic')).toBeUndefined()
    await room.answer({ text: 'before' })
    expect(shown('topic')).toBe('early')
  })

  it('[Q4] removeQueries ends the subscription; the next render starts another', async () => {
    const { change } = room.show(<Messages />)
    await room.live()
    await room.answer(history(range(1, 3)))
    room.queryClient.removeQueries({ queryKey: room.messages({ roomId: 'a' }).queryKey })
    expect(room.fake.openChannels()).toHaveLength(0)
    change(<Messages key="again" />)
    await room.live()
    await room.answer(history(range(1, 4)))
    expect(shown()).toBe('m1 m2 m3 m4')
    expect(room.fake.openChannels()).toHaveLength(1)
  })

  it('[Q4] data that was there before the connection becomes live when it is observed', async () => {
    const source = setupRoom()
    source.queryClient.setQueryData(source.members({ roomId: 'a' }).queryKey, [{ id: 'u', name: 'Una' }])
    hydrate(room.queryClient, dehydrate(source.queryClient))
    source.stop()
    function Members() {
      const { data } = useQuery(room.members({ roomId: 'a' }))
      return <p data-testid="members">{data?.map(({ name }) => name).join(' ')}</p>
    }
    room.show(<Members />)
    expect(shown('members')).toBe('Una')
    await room.live()
    await room.answer([
      { id: 'u', name: 'Una' },
      { id: 'v', name: 'Vic' },
    ])
    expect(shown('members')).toBe('Una Vic')
  })

  it('[Q2] an ad-hoc useQuery with the same key does not undo the fold', async () => {
    function AdHoc() {
      const { data } = useQuery({
        queryKey: room.members({ roomId: 'a' }).queryKey,
        queryFn: () => Promise.reject(new Error('never asked')),
        staleTime: Number.POSITIVE_INFINITY,
      })
      return <p data-testid="ad-hoc">{(data as readonly Member[] | undefined)?.length}</p>
    }
    function Members() {
      useQuery(room.members({ roomId: 'a' }))
      return null
    }
    room.show(
      <>
        <Members />
        <AdHoc />
      </>,
    )
    await room.live()
    await room.answer([{ id: 'u', name: 'Una' }])
    await room.emit('joined', { id: 'v', name: 'Vic' })
    expect(shown('ad-hoc')).toBe('2')
  })
})
