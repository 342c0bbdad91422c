/** One cached query, live: what it can be told and asked. Its decisions are in `machine.ts`. */
import type { LiveEvent } from '../../transport/port.ts'
import type { Op } from '../fold/op.ts'
import type { Params } from '../keys.ts'
import { targetOf } from '../optimistic/targetedOp.ts'
import { positionInLog } from '../stream/channelLog.ts'
import { topOf } from '../stream/sequencer.ts'
import { hashKey, type Query } from '../tanstack.ts'
import { type Definition, kindFor } from './definition.ts'
import { adoptForeign, fail, tell, tellNow } from './driver.ts'
import { type LiveClient, type LiveQuery, OFFLINE } from './records.ts'
import { UNUSED } from './state.ts'
import { anticipatedBy, shownIn } from './surroundings.ts'
import { checkOp, opOf, toOps } from './toOps.ts'

/** TanStack asks whether data is stale with nothing but the query. */
const known = new WeakMap<object, LiveQuery>()

/** What makes a query live; `undefined` for one that is not. */
export function liveQueryBehind(query: object): LiveQuery | undefined {
  return known.get(query)
}

export function createLiveQuery(client: LiveClient, query: Query, definition: Definition): LiveQuery {
  const params = (query.queryKey[2] ?? {}) as Params
  const live: LiveQuery = {
    client,
    query,
    definition,
    kind: kindFor(definition, query.queryKey),
    params,
    hash: hashKey(query.queryKey),
    target: targetOf(definition.name, params),
    fetches: new Set(),
    inputs: [],
    heard: [],
    channel: undefined,
    state: UNUSED,
    status: OFFLINE,
    stopPause: undefined,
    check: undefined,
    follower: undefined,
    paidAt: 0,
    member: {
      onEvents: (events) => hear(live, events),
      onChange: () => tell(live, { type: 'channelChanged' }),
    },
  }
  live.follower = definition.options.entity?.follow(live)
  known.set(query, live)
  return live
}

/**
 * What comes by the thousand is told when something else is, or when it is to be shown: one input for all of it. Not while
 * an event may be what a mutation anticipated, nor where other queries are to hear of it.
 */
function hear(live: LiveQuery, events: readonly LiveEvent[]): void {
  const { client } = live
  if (live.follower || live.inputs.length > 0 || client.pendingMutations.all.size > 0)
    return tell(live, () => ({ type: 'heard', ops: toOps(live, events), anticipated: anticipatedBy(live) }))
  let weight = 0
  for (const event of events) {
    const op = opOf(live, event)
    if (!op) continue
    live.heard.push(op)
    weight++
  }
  if (weight > 0) client.coalescer.request(live, weight)
}

/** Time to apply, to write and to ask for what waits. */
export function flush(live: LiveQuery): void {
  tell(live, () => {
    if (!live.state.arrival || live.query.state.fetchStatus !== 'fetching') adoptForeign(live)
    return { type: 'due', shown: shownIn(live) }
  })
}

/** What is in the cache, less optimistic rows; what others wrote there is adopted. */
export function baseOf(live: LiveQuery): unknown {
  adoptForeign(live)
  return live.state.base
}

/** The same with every event so far; `undefined` before the first snapshot. */
export function dataOf(live: LiveQuery): unknown {
  adoptForeign(live)
  tellNow(live, { type: 'read' })
  return live.state.base
}

/** What a reply, or the application, says of the data. `isNews: false`: it tells of the past. */
export function tellOps(live: LiveQuery, given: readonly Op<unknown>[], isNews: boolean): void {
  const ops: Op<unknown>[] = []
  for (const op of given) {
    try {
      const sound = checkOp(live, op)
      if (sound) ops.push(sound)
    } catch (cause) {
      fail(live, cause)
    }
  }
  if (ops.length === 0) return
  tell(live, () => {
    const { channel } = live
    return {
      type: 'told',
      ops,
      anticipated: anticipatedBy(live),
      at: channel ? positionInLog(channel) : 0,
      // No position is before what tells of the past.
      after: channel && isNews ? topOf(channel.sequencer) : -1,
      position: channel?.sequencer.cursor,
    }
  })
}
