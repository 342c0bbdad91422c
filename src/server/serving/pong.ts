/** The answer to a ping, and with it where the channels of the connection stand. */
import { keyIn } from '../feeds/channelName.ts'
import type { ClientFrame } from '../session/clientFrame.ts'
import type { Session } from '../session/session.ts'
import type { Head } from '../store.ts'
import type { Hub } from './hub.ts'

/** A pong is due within five seconds; a store that takes longer than this is not waited for. */
const PATIENCE_MS = 2_000

export async function pong(hub: Hub, session: Session, { data }: ClientFrame): Promise<void> {
  const heads = session.channels.size > 0 ? await headsInTime(hub, session) : new Map<string, Head>()
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
async function headsInTime(hub: Hub, { channels }: Session): Promise<ReadonlyMap<string, Head>> {
  let cancel = () => {}
  const late = new Promise<ReadonlyMap<string, Head>>((resolve) => {
    cancel = hub.environment.setTimer(() => resolve(new Map()), PATIENCE_MS)
  })
  try {
    return await Promise.race([hub.readHeads(channels), late])
  } catch (error) {
    hub.fail(error)
    return new Map()
  } finally {
    cancel()
  }
}

/** Those that have moved since they were last told. */
function movedOf({ field }: Hub, { channels, toldHeads }: Session, heads: ReadonlyMap<string, Head>) {
  const moved: [string, Head][] = []
  for (const [channel, head] of heads) {
    const told = `${head.seq} ${head.epoch}`
    if (!channels.has(channel) || toldHeads.get(channel) === told) continue
    toldHeads.set(channel, told)
    moved.push([keyIn(field, channel), head])
  }
  return moved.length > 0 ? Object.fromEntries(moved) : undefined
}
