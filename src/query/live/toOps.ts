/** Events into ops, by the reducers of a definition: the application's code, one event at a time. */
import { type LiveEvent, reportMistake } from '../../transport/port.ts'
import type { SequencedOp } from '../fold/items.ts'
import type { Op } from '../fold/op.ts'
import { type Check, soundOp } from '../fold/soundOp.ts'
import { echoOf } from '../optimistic/pendingMutations.ts'
import { type Definition, flawFor } from './definition.ts'
import { type LiveQuery, reportFailure } from './records.ts'

export function toOps(live: LiveQuery, events: readonly LiveEvent[]): SequencedOp<unknown>[] {
  const ops: SequencedOp<unknown>[] = []
  for (const event of events) {
    const op = opOf(live, event)
    if (op) ops.push(op)
  }
  return ops
}

/** Runs for every event; an array or a function per event would be a good part of its cost. */
export function opOf(live: LiveQuery, event: LiveEvent): SequencedOp<unknown> | undefined {
  const echo = echoOf(live.client.pendingMutations, live.target, event)
  const op = echo?.as ?? toOp(live, event)
  return op && { op, seq: event.seq, of: event, isEcho: echo !== undefined }
}

function toOp(live: LiveQuery, { type, payload, seq }: LiveEvent): Op<unknown> | undefined {
  const { params, definition } = live
  const { events } = definition.options
  const reducer = hears(definition, type) ? events[type] : undefined
  if (!definition.isHeard) hearFirst(live, type, reducer !== undefined)
  // One event they cannot take must not cost the events behind it.
  try {
    const op = reducer?.(payload, { type, params, seq }, live.kind)
    if (op?.kind === 'patch' && op.id === undefined && !definition.isMet) meetFirst(live, type, op.fields)
    return op && checkOp(live, op, type)
  } catch (cause) {
    reportFailure(live, cause, type)
  }
  return undefined
}

/** A name from the wire may be one that every object has, such as `constructor`. */
const hears = ({ options }: Definition, type: string) => Object.hasOwn(options.events, type)

/** Where nothing of its own has come yet, what nobody awaits may be it, by its right name. */
function hearFirst({ client, definition }: LiveQuery, type: string, isOwn: boolean): void {
  const { port, definitions } = client.declarations
  const { name, options } = definition
  const own = Object.keys(options.events).join('", "')
  const isAwaited = port.hears?.(type) || [...definitions.values()].some((each) => hears(each, type))
  definition.isHeard = isOwn || (!isAwaited && own !== '')
  if (isOwn || !definition.isHeard) return
  reportMistake(
    port,
    `"${type}" came, but nothing listens to it, and "${name}" has heard nothing of "${own}"; correct the name`,
  )
}

/** The first patch of all that meets no item: its id may be another one than that of the items. */
function meetFirst({ client, definition, kind, state }: LiveQuery, type: string, fields: unknown): void {
  const id = definition.options.id?.(fields)
  if (!kind.has || state.base === undefined || state.unfolded || id === undefined) return
  definition.isMet = true
  if (kind.has(state.base, String(id))) return
  reportMistake(
    client.declarations.port,
    `"${type}" patches "${id}", which no item of "${definition.name}" has; select what \`id\` returns`,
  )
}

/** The op as it may meet the data, if it may; what is wrong with it is reported. @throws what the application's code does */
export function checkOp(live: LiveQuery, op: Op<unknown>, event?: string): Op<unknown> | undefined {
  live.check ??= checkFor(live)
  return soundOp(live.check, op, event)
}

function checkFor(live: LiveQuery): Check {
  const { client, definition, params } = live
  const { name, options } = definition
  return {
    name,
    id: options.id,
    flawOf: flawFor(definition, params),
    flawed: (error, event) =>
      client.declarations.port.report({ type: 'quarantine', definition: name, event, error }),
    failed: (cause, event) => reportFailure(live, cause, event),
  }
}
