/** The whole record of one connection, with what the driver itself keeps in it. */
import type { ChannelConnection } from '../channels/channelRegistry.ts'
import { createSendQueue } from '../connection/sendQueue.ts'
import type { Context } from '../context/context.ts'
import { INITIAL_STATE, type MachineEvent } from '../machine/connectionMachine.ts'
import type { Pace } from '../port.ts'
import type { DecodedEvent } from '../protocol.ts'
import { createTimers } from '../wire/timers.ts'

/** Its dials are done at a pace. */
export interface DrivenConnection extends ChannelConnection, Pace {
  /** What came in while a socket that is to take over is dialled. */
  overlap: DecodedEvent[]
  /** Of the dial under way: to whom its credentials belong. */
  era: number
  stopListening: (() => void) | undefined
  /** The page said so. */
  isHidden: boolean
  dialedAt: number
  /** Where its last dial led, and whether that of another manager did, too. */
  address: string
  hasRival: boolean
  /** How many sockets in a row were replaced ahead of their end, and when the last one was. */
  renewals: number
  /** Whether the last one was for the token. */
  renewsToken: boolean
  renewedAt: number
  /** When it is replaced by another one, by the clock that does not jump. */
  renewAt: number
}

const ROUNDED = 'An integer beyond 2^53 was rounded; send ids as strings'

export function createDrivenConnection(
  context: Context,
  name: string,
  raise: (event: MachineEvent) => void,
): DrivenConnection {
  return {
    ...context,
    name,
    timers: createTimers(context.environment),
    sendQueue: createSendQueue(),
    channels: {
      subscriptions: new Map(),
      shapes: [],
      unconfirmed: new Set(),
      made: 0,
      batches: new Map(),
    },
    arrivals: { waiting: new Set(), current: undefined, cancel: undefined },
    leases: new Set(),
    sockets: new Map(),
    greetingWaiters: new Set(),
    raise,
    state: INITIAL_STATE,
    // Also what is not there yet: an object that grows later is slow to read.
    current: undefined,
    handOver: undefined,
    overlap: [],
    ping: undefined,
    era: 0,
    stopListening: undefined,
    isHidden: false,
    heard: 0,
    onRounded: () => context.reportOnce(name, 'invalid_frame', ROUNDED),
    dialedAt: 0,
    address: '',
    hasRival: false,
    retryAt: 0,
    renewals: 0,
    renewsToken: false,
    renewedAt: 0,
    renewAt: 0,
    paidAt: 0,
    lastConnectedAt: null,
    latencyMs: null,
  }
}
