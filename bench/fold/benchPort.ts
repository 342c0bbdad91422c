/** A port without a network: what is emitted has arrived, and a frame ends when the measurement says so. */
import type { ChannelListener, LivePort } from '../../src/transport/port.ts'
import type { Frame } from './messages.ts'

export function createBenchPort() {
  const listeners = new Set<ChannelListener>()
  const frames = new Set<() => void>()
  const port: LivePort = {
    clock: {
      now: () => performance.now(),
      wallNow: () => Date.now(),
      createId: () => crypto.randomUUID(),
      setTimer: () => () => undefined,
      requestFrame(callback) {
        frames.add(callback)
        return () => frames.delete(callback)
      },
    },
    request: () => Promise.reject(new Error('Nothing is asked for in a measurement')),
    send: () => Promise.resolve(),
    open(_spec, listener) {
      listeners.add(listener)
      return { resync: () => undefined, close: () => listeners.delete(listener) }
    },
    report: () => undefined,
  }
  return {
    port,
    live: () => {
      for (const listener of listeners) listener.onSignal({ type: 'live', resumed: true })
    },
    emit: (event: Frame) => {
      for (const listener of listeners) listener.onSignal({ type: 'events', events: [event] })
    },
    /** Lets the leading write and one animation frame happen. */
    async frame() {
      await Promise.resolve()
      for (const callback of frames) {
        frames.delete(callback)
        callback()
      }
      await Promise.resolve()
    },
  }
}
