/** The record of one tab among those of its user. Nothing here runs. */
import type { Codec, Environment, EnvironmentSignal } from '../transport/index.ts'
import type { TabsBrowser, TabsChannel } from './browser.ts'
import type { ElectionInput, ElectionState } from './election.ts'
import type { Leader } from './leader.ts'
import type { TabSocket } from './tabSocket.ts'

export interface MembershipParts {
  readonly environment: Environment
  readonly browser: TabsBrowser
  readonly codec: Codec
  /** The fields that name channels. */
  readonly keys: readonly string[]
  /** What all of them have in common. */
  readonly name: string
  readonly report: (role: ElectionState['role'], leader: string | undefined) => void
  /** As if the page had: `pageshow`, and whoever waits for a connection need not wait any longer. */
  readonly signal: (signal: EnvironmentSignal) => void
}

export interface Membership extends MembershipParts {
  readonly id: string
  readonly nameOf: (tab: string) => string
  readonly sockets: Map<string, TabSocket>
  /** Of each socket: how much was heard. */
  readonly heard: Map<string, number>
  readonly stops: Map<string, () => void>
  readonly raise: (input: ElectionInput) => void
  state: ElectionState
  channels: Channels | undefined
  leader: Leader | undefined
  /** What gives back the lock, or stops waiting for it. */
  giveBack: (() => void) | undefined
  terms: number
  /** Something was written, and nothing was heard of the leader since. */
  isAwaiting: boolean
  /** When another tab was last looked at, and whether that was told. */
  seenAt: number
  isSeen: boolean
}

interface Channels {
  readonly all: TabsChannel
  readonly own: TabsChannel
  readonly giveBackOwn: () => void
}

type Waiting = readonly [ms: number, run: () => void]

/** Another one of its name is not waited for any more. */
export function wait({ stops, environment }: Membership, what: string, [ms, run]: Waiting): void {
  stops.get(what)?.()
  stops.set(what, environment.setTimer(run, ms))
}
