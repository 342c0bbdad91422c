import { describe, expect, it } from 'vitest'
import { createChannelHub, whenLive } from '../../src/query/channelHub.ts'
import { LiveError } from '../../src/transport/index.ts'
import { createFakePort } from './support/fakePort.ts'

const MEMBER = { onEvents: () => undefined, onChange: () => undefined }
const SPEC = { key: { room_id: 1 }, subscribe: true }

describe('a channel that is down', () => {
  it('keeps what waits for it, while the subscription is asked for again', async () => {
    const fake = createFakePort()
    const channel = createChannelHub(fake.port).join(SPEC, MEMBER)
    const waiting = whenLive(channel)
    const [opened] = fake.channels
    opened?.listener.onSignal({
      type: 'down',
      error: new LiveError('timeout', 'no answer to subscribe_room'),
    })
    fake.live()
    await expect(waiting).resolves.toBeUndefined()
  })

  it('rejects what waits for it, when nobody tries again', async () => {
    const fake = createFakePort()
    const channel = createChannelHub(fake.port).join(SPEC, MEMBER)
    const waiting = whenLive(channel)
    const error = new LiveError('unauthorized', 'no token')
    fake.channels[0]?.listener.onSignal({ type: 'down', error })
    await expect(waiting).rejects.toBe(error)
    await expect(whenLive(channel)).rejects.toBe(error)
  })
})
