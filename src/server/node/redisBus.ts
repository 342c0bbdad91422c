/** Servers of several processes tell each other by Redis, with a client of the package `ioredis` or `redis`. */
import { isRecord } from '../../transport/protocol.ts'
import type { Bus, BusNotice } from '../bus.ts'

export interface RedisBusOptions {
  /** The Redis channel. Applications that share one Redis need different ones. @default 'querywire' */
  readonly channel?: string
}

/** What is used of a client of `ioredis`. */
export interface IoRedisClient {
  readonly status: string
  publish(channel: string, message: string): Promise<unknown>
  duplicate(override?: object): {
    on(event: 'message', listener: (channel: string, message: string) => void): unknown
    on(event: 'error', listener: () => void): unknown
    subscribe(channel: string): Promise<unknown>
    disconnect(): void
  }
}

/** What is used of a client of `redis`. */
export interface NodeRedisClient {
  readonly isOpen: boolean
  publish(channel: string, message: string): Promise<unknown>
  duplicate(): {
    readonly isOpen: boolean
    readonly isReady: boolean
    on(event: 'error' | 'ready', listener: () => void): unknown
    connect(): Promise<unknown>
    subscribe(channel: string, listener: (message: string) => void): Promise<unknown>
    destroy(): void
  }
}

const NO_CLIENT =
  'redisBus needs a client of the package ioredis or redis: npm install ioredis, then redisBus(new Redis(url))'

/**
 * Publishes by the client, which has to be connected, and hears by one more connection with the same options, which is
 * there as long as somebody listens. The client stays the application's. Where Redis is away, notices are lost and nothing
 * else: servers read the log with the next ping. Why nothing is heard is what `publish` rejects with.
 *
 * @throws TypeError where that is no client
 */
export function redisBus(
  client: IoRedisClient | NodeRedisClient,
  { channel = 'querywire' }: RedisBusOptions = {},
): Bus {
  const { publish, duplicate, status, isOpen } = Object(client)
  const isClient = typeof publish === 'function' && typeof duplicate === 'function'
  if (!isClient || (typeof status !== 'string' && typeof isOpen !== 'boolean')) throw new TypeError(NO_CLIENT)
  const listeners = new Set<(notice: BusNotice) => void>()
  let ear: Ear | undefined
  const hear = (message: string) => {
    const notice = noticeIn(message)
    if (notice) for (const listener of [...listeners]) listener(notice)
  }
  return {
    publish: async (notice) => {
      await client.publish(channel, JSON.stringify(notice))
      if (ear?.error !== undefined) throw ear.error
    },
    subscribe: (listener) => {
      listeners.add(listener)
      ear ??=
        'isOpen' in client ? listenByNodeRedis(client, channel, hear) : listenByIoRedis(client, channel, hear)
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        ear?.stop()
        ear = undefined
      }
    },
  }
}

/** The connection that hears. Both packages connect and subscribe again by themselves. */
interface Ear {
  /** Why it hears nothing. */
  error?: unknown
  stop(): void
}

/** The client that was given tells its application what is wrong with Redis. */
const ignore = () => undefined

function listenByIoRedis(client: IoRedisClient, channel: string, hear: (message: string) => void): Ear {
  // However long Redis is away.
  const inner = client.duplicate({ maxRetriesPerRequest: null, enableOfflineQueue: true })
  inner.on('error', ignore)
  inner.on('message', (_channel, message) => hear(message))
  return listening(inner.subscribe(channel), () => inner.disconnect())
}

function listenByNodeRedis(client: NodeRedisClient, channel: string, hear: (message: string) => void): Ear {
  const inner = client.duplicate()
  let isStopped = false
  // What is destroyed while it connects is connected all the same: it has to have done so, or failed.
  const endStopped = () => {
    if (isStopped && inner.isOpen) inner.destroy()
  }
  inner.on('error', endStopped)
  inner.on('ready', endStopped)
  const subscribed = inner.connect().then(() => inner.subscribe(channel, hear))
  return listening(subscribed, () => {
    isStopped = true
    if (inner.isReady) inner.destroy()
  })
}

function listening(subscribed: Promise<unknown>, stop: () => void): Ear {
  const ear: Ear = { stop }
  subscribed.catch((error: unknown) => {
    ear.error = error
  })
  return ear
}

/** Of whatever else is written to the channel, nothing. */
function noticeIn(message: string): BusNotice | undefined {
  const notice = parse(message)
  if (!isRecord(notice)) return undefined
  const { type, channel, user, plugin, message: told, text, except, from } = notice
  if (type === 'told' && typeof plugin === 'string' && typeof from === 'string')
    return { type, plugin, message: told, from }
  if (type === 'passing' && typeof text === 'string' && typeof from === 'string') {
    const some = typeof channel === 'string' ? { channel } : {}
    return { type, ...some, text, from, ...(typeof except === 'string' ? { except } : {}) }
  }
  if (typeof channel !== 'string') return undefined
  if (type === 'revoked' && typeof user === 'string') return { type, channel, user }
  const head = isRecord(notice.head) ? notice.head : {}
  const { seq, epoch } = head
  if (type !== 'moved' || typeof seq !== 'number' || typeof epoch !== 'string') return undefined
  return { type, channel, head: { seq, epoch } }
}

function parse(message: string): unknown {
  try {
    return JSON.parse(message)
  } catch {
    return undefined
  }
}
