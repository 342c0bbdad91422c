import { createVirtualClock } from '../../../src/testing/virtualClock.ts'
import type { LiveError } from '../../../src/transport/errors.ts'
import type {
  Channel,
  ChannelListener,
  ChannelSpec,
  LiveEvent,
  LivePort,
} from '../../../src/transport/port.ts'

export interface FakeRequest {
  readonly type: string
  readonly data: Record<string, unknown>
  resolve(answer: unknown): void
  reject(error: Error): void
}

/** A port driven by hand: requests are answered, channels go up and down and speak when the test says so. */
export function createFakePort() {
  const requests: FakeRequest[] = []
  const sent: { type: string; data: unknown }[] = []
  const reports: { type: string }[] = []
  const renewed: ChannelSpec[] = []
  const channels: {
    spec: ChannelSpec
    listener: ChannelListener
    resyncs: number
    closed: boolean
    idleMs?: number | undefined
  }[] = []
  const frames = new Set<() => void>()
  const clock = createVirtualClock()

  const port: LivePort = {
    clock: {
      ...clock,
      requestFrame(callback) {
        frames.add(callback)
        return () => frames.delete(callback)
      },
    },
    request: (type, data) =>
      new Promise((resolve, reject) => {
        requests.push({ type, data: data as Record<string, unknown>, resolve, reject })
      }),
    async send(type, data) {
      sent.push({ type, data })
    },
    open(spec, listener): Channel {
      const channel = { spec, listener, resyncs: 0, closed: false }
      channels.push(channel)
      return {
        resync: () => void channel.resyncs++,
        close: (idleMs) => {
          Object.assign(channel, { closed: true, idleMs })
        },
      }
    },
    renew: (spec) => void renewed.push(spec),
    report: (entry) => void reports.push(entry),
  }

  const open = () => channels.filter((channel) => !channel.closed)

  return {
    port,
    requests,
    sent,
    reports,
    renewed,
    channels,
    openChannels: open,
    live: (resumed = false, cursor?: { seq?: number; epoch?: string }) => {
      for (const { listener } of open()) listener.onSignal({ type: 'live', resumed, cursor })
    },
    down: (error?: LiveError) => {
      for (const { listener } of open()) listener.onSignal({ type: 'down', error })
    },
    emit: (...events: LiveEvent[]) => {
      for (const { listener } of open()) listener.onSignal({ type: 'events', events })
    },
    /** Lets promises and microtasks settle. */
    async settle() {
      for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    },
    pendingTimers: clock.pending,
    /** One animation frame. */
    frame() {
      const due = [...frames]
      frames.clear()
      for (const callback of due) callback()
    },
    advance: clock.advanceSync,
  }
}
