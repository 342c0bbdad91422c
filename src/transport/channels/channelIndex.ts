/** Which subscriptions an event concerns: found by the ids that it carries, however many there are. Runs nothing. */
import { type DecodedEvent, fieldsOf, type Protocol, textOf } from '../protocol.ts'
import { isMatch, placeIn } from './channelEvents.ts'
import type { ChannelGroup, ChannelIndex, Subscription } from './channelRegistry.ts'

export function addToIndex(index: ChannelIndex, subscription: Subscription): void {
  const { name, fields, ids } = placeOf(subscription)
  const group = index.get(name) ?? { fields, kind: subscription.at?.kind, byIds: new Map() }
  index.set(name, group)
  group.byIds.set(ids, (group.byIds.get(ids) ?? new Set()).add(subscription))
}

export function dropFromIndex(index: ChannelIndex, subscription: Subscription): void {
  const { name, ids } = placeOf(subscription)
  const { byIds } = index.get(name) ?? {}
  const alike = byIds?.get(ids)
  alike?.delete(subscription)
  if (alike?.size === 0) byIds?.delete(ids)
  if (byIds?.size === 0) index.delete(name)
}

function placeOf({ spec: { key } }: Subscription) {
  const fields = Object.keys(key).sort()
  return { name: JSON.stringify(fields), fields, ids: idsOf(fields.map((field) => String(key[field]))) }
}

const idsOf = (ids: readonly string[]): string =>
  ids.length === 1 ? (ids[0] as string) : JSON.stringify(ids)

/** An event that names a channel of one kind is not of another kind's. Its envelope says it, or else its payload. */
export function* concerned(
  index: ChannelIndex,
  event: DecodedEvent,
  protocol: Protocol,
): Iterable<Subscription> {
  const fields = fieldsOf(event.payload)
  const kind = (placeIn(protocol, event.frame) ?? placeIn(protocol, fields))?.kind
  for (const group of index.values()) {
    if (!(kind && group.kind) || kind === group.kind) yield* inGroup(group, event, fields)
  }
}

function inGroup(
  { fields, byIds }: ChannelGroup,
  event: DecodedEvent,
  payload: Readonly<Record<string, unknown>>,
): Iterable<Subscription> {
  const ids: string[] = []
  for (const field of fields) {
    const value = event.frame[field] ?? payload[field]
    // What it does not carry may be any.
    if (value === undefined || value === null) return matching(byIds, event)
    const id = textOf(value)
    if (id === undefined) return []
    ids.push(id)
  }
  return byIds.get(idsOf(ids)) ?? []
}

function* matching(byIds: ChannelGroup['byIds'], event: DecodedEvent): Iterable<Subscription> {
  for (const alike of byIds.values())
    for (const subscription of alike) if (isMatch(subscription.spec, event)) yield subscription
}
