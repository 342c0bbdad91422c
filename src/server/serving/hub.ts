/** What everything that serves a connection works with. The types of the application end here: its handlers get what is theirs. */
import type { ChannelFrames, Protocol } from '../../transport/protocol.ts'
import type { Bus } from '../bus.ts'
import type { ServerEnvironment } from '../environment.ts'
import type { Feeds } from '../feeds/createFeeds.ts'
import type { ReadHeads } from '../feeds/headReader.ts'
import type { LiveServerEvent, LiveServerLimits, LiveServerOptions, LiveUser } from '../options.ts'
import type { LivePlugin, PluginParts } from '../session/plugin.ts'
import type { Session } from '../session/session.ts'
import type { Sessions } from '../session/sessions.ts'
import type { LoggedEvent } from '../store.ts'
import type { Migration } from '../stores/migration.ts'

export type AnyOptions = LiveServerOptions<Protocol, unknown, LiveUser>

export interface RunningPlugin extends Pick<LivePlugin, 'name' | 'kinds'> {
  readonly parts: PluginParts
}

export interface Hub {
  readonly options: AnyOptions
  /** Of channels. */
  readonly kinds: readonly ChannelFrames[]
  readonly environment: ServerEnvironment
  readonly limits: LiveServerLimits
  readonly bus: Bus
  readonly sessions: Sessions
  readonly feeds: Feeds
  readonly readHeads: ReadHeads
  /** Names this process on the bus. */
  readonly process: string
  /** In the order in which they were given. */
  readonly plugins: RunningPlugin[]
  /** Channels whose events are read here whether somebody has subscribed them or not: by how many. */
  readonly watches: Map<string, number>
  /** The tables, those of the plugins too. */
  readonly migration: Migration
  isDraining: boolean
  emit(event: LiveServerEvent): void
  fail(error: unknown): void
  /** Does not throw: a socket that takes nothing more is the end of its own connection, and of no other. */
  write(session: Session, text: string): void
  /** Of a channel: nothing is sent of one that was left or revoked, and an answer goes first. */
  writeEvent(session: Session, channel: string | undefined, text: string): void
  close(session: Session, code: number, reason: string): void
  /** The session has no more of this channel. */
  unsubscribe(session: Session, channel: string): void
  /** Nobody has it any more. */
  endChannel(channel: string): void
  /** Committed here: to the subscribers of this process, and a hint to the others. */
  tell(events: readonly LoggedEvent[]): void
}
