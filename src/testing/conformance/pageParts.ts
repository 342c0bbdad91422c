/** What a page of a conformance run is made of: its way to the server, and what it shows. */
import type { QueryState } from '@tanstack/react-query'
import type { TimelineData } from '../../query/pages.ts'
import { LiveError } from '../../transport/errors.ts'
import type { ChannelListener, LivePort } from '../../transport/port.ts'
import type { ConformanceItem, ConformanceTopic } from './backEnd.ts'
import type { Shown } from './subject.ts'

/** The same, and what is opened through it is known. */
export function portOf(port: LivePort, channels: Set<() => void>): LivePort {
  const open: LivePort['open'] = (spec, listener: ChannelListener) => {
    const channel = port.open(spec, listener)
    channels.add(() => {
      channel.close()
      listener.onSignal({ type: 'down', error: new LiveError('closed', 'The page is gone') })
    })
    return channel
  }
  return Object.create(port, { open: { value: open } })
}

export function shownIn(
  state: Pick<QueryState, 'status' | 'fetchStatus' | 'data'> | undefined,
): Shown | undefined {
  if (!state) return undefined
  const { status, fetchStatus, data } = state
  const base = {
    status,
    fetchStatus,
    hasOlder: false,
    hasNewer: false,
    low: undefined,
    items: [],
    topic: undefined,
  }
  if (data === undefined) return base
  if (Array.isArray(data)) return { ...base, items: data as ConformanceItem[] }
  if (!('pages' in (data as object))) return { ...base, topic: data as ConformanceTopic }
  const { pages } = data as TimelineData<ConformanceItem>
  const oldest = pages.at(-1)
  return {
    ...base,
    hasOlder: oldest?.hasOlder ?? false,
    hasNewer: pages[0]?.hasNewer ?? false,
    low: oldest?.low,
    items: pages.toReversed().flatMap(({ items }) => items),
  }
}
