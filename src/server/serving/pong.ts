/** The answer to a ping, and with it where the channels of the connection stand. */
import { channelNamed } from '../feeds/channelOf.ts'
import { RequestError } from '../requestError.ts'
import type { ClientFrame } from '../session/clientFrame.ts'
import { inTime } from '../session/inTime.ts'
import type { Session } from '../session/session.ts'
import type { Head } from '../store.ts'
import type { Hub } from './hub.ts'

/** A pong is due within five seconds; a store that takes longer than this is not waited for. */
const PATIENCE_MS = 2_000

export async function pong(hub: Hub, session: Session, { data }: ClientFrame): Promise<void> {
  const asked = [
    ...session.channels,
    ...hub.plugins.flatMap(({ parts }) => [...(parts.watchedBy?.(session) ?? [])]),
  ]
  const heads = asked.length > 0 ? await headsInTime(hub, asked) : new Map<string, Head>()
  for (const [channel, head] of heads) hub.feeds.hear(channel, head)
  const { timestamp } = data
  const moved = movedOf(hub, session, heads)
  hub.write(
    session,
    JSON.stringify({
      type: 'pong',
      data: { timestamp, server_time: hub.environment.wallNow(), ...(moved && { heads: moved }) },
    }),
  )
}

/** Nothing, where they do not come: the next pong makes up for it. */
async function headsInTime(hub: Hub, channels: readonly string[]): Promise<ReadonlyMap<string, Head>> {
  try {
    const how = { waitMs: PATIENCE_MS, what: 'A read of heads' }
    return await inTime(hub.environment, how, async () => {
      // Those that could not be opened when they should have been.
      await hub.feeds.open(channels)
      return hub.readHeads(channels)
    })
  } catch (error) {
    hub.fail(error instanceof RequestError ? error.cause : error)
    return new Map()
  }
}

/** Those that have moved since they were last told: by name, or by field and name where there are several kinds. */
function movedOf({ kinds }: Hub, { channels, toldHeads }: Session, heads: ReadonlyMap<string, Head>) {
  const tables = new Map<string, [string, Head][]>()
  for (const [name, head] of heads) {
    const told = `${head.seq} ${head.epoch}`
    const channel = channelNamed(kinds, name)
    if (!(channel && channels.has(name)) || toldHeads.get(name) === told) continue
    toldHeads.set(name, told)
    const { field } = channel.kind
    tables.set(field, [...(tables.get(field) ?? []), [channel.key, head]])
  }
  const told = [...tables].map(([field, moved]) => [field, Object.fromEntries(moved)] as const)
  return kinds.length === 1 ? told[0]?.[1] : told.length > 0 ? Object.fromEntries(told) : undefined
}
