/** Events into ops, by the reducers of a definition: the application's code, one event at a time. */
import { LiveError } from '../../transport/errors.ts'
import type { LiveEvent } from '../../transport/port.ts'
import type { SequencedOp } from '../fold/items.ts'
import type { Op } from '../fold/op.ts'
import { soundOp } from '../fold/soundOp.ts'
import { echoOf } from '../optimistic/pendingMutations.ts'
import { flawFor } from './definition.ts'
import type { LiveQuery } from './records.ts'

export function toOps(live: LiveQuery, events: readonly LiveEvent[]): SequencedOp<unknown>[] {
  const ops: SequencedOp<unknown>[] = []
  // Runs for every event; an array or a function per event would be a good part of its cost.
  for (const event of events) {
    const echo = echoOf(live.client.pendingMutations, live.target, event)
    const op = echo?.as ?? toOp(live, event)
    if (op) ops.push({ op, seq: event.seq, of: event, isEcho: echo !== undefined })
  }
  return ops
}

function toOp({ client, definition, params }: LiveQuery, event: LiveEvent): Op<unknown> | undefined {
  const { report } = client.declarations.port
  const { type, payload, seq } = event
  const { name, options } = definition
  // A name from the wire may be one that every object has, such as `constructor`.
  const reducer = Object.hasOwn(options.events, type) ? options.events[type] : undefined
  if (!reducer) return undefined
  const failed = (cause: unknown) => {
    const error = new LiveError('misconfigured', `"${name}" threw at "${type}": ${cause}`, { cause })
    report({ type: 'reducer-error', definition: name, event: type, cause, error })
  }
  // One event they cannot take must not cost the events behind it.
  try {
    const op = reducer(payload, { type, params, seq })
    const flawed = (error: LiveError) => report({ type: 'quarantine', definition: name, event: type, error })
    return op && soundOp(definition, op, { flawOf: flawFor(definition, params), flawed, failed })
  } catch (cause) {
    failed(cause)
  }
  return undefined
}
