import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { afterEach, describe, expect, it } from 'vitest'
import { type } from '../../src/query/index.ts'
import { createChannelHub, whenLive } from '../../src/query/stream/channelHub.ts'
import { LiveError } from '../../src/transport/index.ts'
import { createFakePort } from './support/fakePort.ts'
import { defineRoom } from './support/room.ts'

const SPEC = { key: { room_id: 1 }, subscribe: true }

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup()
})

describe('a channel that is down', () => {
  const open = () => {
    const fake = createFakePort()
    const channel = createChannelHub(fake.port).join(SPEC, {})
    return { fake, channel }
  }

  it.each([
    new LiveError('timeout', 'no answer to subscribe_room'),
    new LiveError('rejected', 'busy', { retryable: true, retryAfterMs: 2_000 }),
  ])('[Q15] keeps what waits for it, while the subscription is asked for again: $code', async (error) => {
    const { fake, channel } = open()
    const waiting = whenLive(channel)
    fake.down(error)
    fake.live()
    await expect(waiting).resolves.toBe(0)
    expect(fake.renewed).toEqual([])
  })

  it.each(['unauthorized', 'connection_failed'] as const)(
    '[Q15] rejects what waits for it, when nobody tries again: %s',
    async (code) => {
      const { fake, channel } = open()
      const waiting = whenLive(channel)
      const error = new LiveError(code, 'no hope')
      fake.down(error)
      await expect(waiting).rejects.toBe(error)
      await expect(whenLive(channel)).rejects.toBe(error)
      expect(fake.renewed).toEqual([])
    },
  )

  it.each(['rejected', 'forbidden'] as const)(
    '[Q15] and was refused is asked for again by what needs it, once for all: %s',
    async (code) => {
      const { fake, channel } = open()
      const refusal = new LiveError(code, 'not a member')
      fake.down(refusal)
      const [first, second] = [whenLive(channel), whenLive(channel)]
      expect(fake.renewed).toEqual([SPEC])
      fake.down(refusal)
      await expect(first).rejects.toBe(refusal)
      await expect(second).rejects.toBe(refusal)
      const third = whenLive(channel)
      fake.live()
      await expect(third).resolves.toBe(0)
      expect(fake.renewed).toEqual([SPEC, SPEC])
    },
  )
})

describe('a send whose channel', () => {
  const open = () => {
    const fake = createFakePort()
    const { live } = defineRoom(fake.port)
    const send = live.mutation<string, string, { roomId: string }>('say', {
      params: type<{ roomId: string }>(),
      channel: ({ roomId }) => ({ room_id: roomId }),
      request: (text, { request }) => request('send', { text }) as Promise<string>,
    })
    const queryClient = new QueryClient()
    cleanups.push(live.connect(queryClient), () => queryClient.clear())
    let outcome: unknown
    const sent = send.start(queryClient, 'hello', { roomId: 'a' })
    sent.then(
      (value) => {
        outcome = value
      },
      (error) => {
        outcome = error
      },
    )
    return { fake, outcome: () => outcome }
  }
  const suspicion = new LiveError('rejected', 'ended 3 connections', { maybeDelivered: true })

  it('[T61] is suspected of ending connections waits, and is sent when it is there', async () => {
    const { fake, outcome } = open()
    await fake.settle()
    for (let time = 0; time < 3; time++) {
      fake.down(suspicion)
      await fake.settle()
    }
    expect(outcome()).toBeUndefined()
    expect(fake.renewed).toEqual([])
    fake.live()
    await fake.settle()
    fake.requests.find((asked) => asked.type === 'send')?.resolve('done')
    await fake.settle()
    expect(outcome()).toBe('done')
  })

  it('[T61] is refused for good meanwhile fails', async () => {
    const { fake, outcome } = open()
    await fake.settle()
    fake.down(suspicion)
    await fake.settle()
    const refusal = new LiveError('rejected', 'not a member')
    fake.down(refusal)
    await fake.settle()
    expect(outcome()).toBe(refusal)
  })
})

describe('a query whose channel', () => {
  const open = () => {
    const fake = createFakePort()
    const room = defineRoom(fake.port)
    const queryClient = new QueryClient()
    const observer = new QueryObserver(queryClient, room.members({ roomId: 'a' }))
    cleanups.push(
      room.live.connect(queryClient),
      observer.subscribe(() => undefined),
    )
    const answer = async () => {
      await fake.settle()
      fake.requests.at(-1)?.resolve({ members: [{ id: 'x', name: 'X' }] })
      await fake.settle()
    }
    return { fake, observer, answer, result: () => observer.getCurrentResult() }
  }

  it('[Q15] was refused has an error, until a refetch is let in', async () => {
    const { fake, observer, answer, result } = open()
    const refusal = new LiveError('rejected', 'not a member')
    fake.down(refusal)
    await fake.settle()
    expect(result()).toMatchObject({ status: 'error', error: refusal, fetchStatus: 'idle' })
    const refetching = observer.refetch()
    fake.live()
    await answer()
    expect((await refetching).data).toEqual([{ id: 'x', name: 'X' }])
    expect(fake.renewed).toHaveLength(1)
  })

  it('[Q15] gave up has an error at once, and its data when somebody connects again', async () => {
    const { fake, answer, result } = open()
    fake.down(new LiveError('connection_failed', 'gave up'))
    await fake.settle()
    expect(result()).toMatchObject({ status: 'error', fetchStatus: 'idle' })
    fake.down()
    fake.live()
    await answer()
    expect(result()).toMatchObject({ status: 'success', data: [{ id: 'x', name: 'X' }] })
  })
})
