/** From what a socket says to events that can be trusted. What cannot is reported and dropped; the socket stays up. */
import { LiveError } from '../errors.ts'
import { isTooDeep } from '../port.ts'
import type { DecodedEvent } from '../protocol.ts'
import { entryOf, type Frame, fieldsOf, isFrame, payloadOf, validate } from '../protocol.ts'
import { type Connection, tell } from './connection.ts'
import { takeAnswer } from './unanswered.ts'

/** An array is a batch of frames. */
export function decodeMessage(connection: Connection, data: unknown): readonly unknown[] {
  try {
    const message = connection.codec.decode(data, connection.onRounded)
    return Array.isArray(message) ? message : [message]
  } catch {
    // Without its cause: a parser quotes the message, and who knows what is in it.
    const error = new LiveError('invalid_frame', 'A message could not be decoded')
    quarantine(connection, error, data)
    // Python's NaN is no JSON. What it answers stands in it all the same, and nothing else has the id of a request.
    for (const [, id = ''] of String(data).matchAll(ANSWERED)) takeAnswer(connection, { id }, error)
    return []
  }
}

/** What can be read at all. Whoever awaits another one need not wait any longer. */
export function readFrame(connection: Connection, part: unknown): Frame | undefined {
  const flaw = flawOf(connection, part)
  if (flaw === undefined) return part as Frame
  const error = new LiveError('invalid_frame', `A frame ${flaw}`)
  takeAnswer(connection, fieldsOf(part), error)
  quarantine(connection, error, part)
  return undefined
}

function flawOf({ protocol }: Connection, part: unknown): string | undefined {
  if (!isFrame(part)) return 'is no object with a "type"'
  const { kinds, channels } = protocol
  const { key } = channels
  if (isOdd(part.id)) return odd('id')
  if (isOdd(part.reply_to)) return odd('reply_to')
  // Of several kinds, one may give a field to its events whose name is the key of another.
  if (kinds.length === 1 && isOdd(part[key])) return odd(key)
  return isTooDeep(part) ? 'is nested too deep' : undefined
}

const isOdd = (id: unknown) => typeof id === 'object' && id !== null
const odd = (name: string) => `has no text or number as "${name}"`

export function decodeEvent(connection: Connection, frame: Frame): DecodedEvent | undefined {
  try {
    const { type } = frame
    const schema = entryOf(connection.protocol.events, type)
    const payload = payloadOf(frame)
    if (!schema) return { frame, payload }
    return { frame, payload: validate(schema, payload, { code: 'invalid_frame', name: `A "${type}" event` }) }
  } catch (error) {
    quarantine(connection, error as LiveError, frame)
    return undefined
  }
}

const ANSWERED = /"(?:reply_to|id)"\s*:\s*"?([^",}\s]*)/g

function quarantine(connection: Connection, error: LiveError, frame: unknown): void {
  tell(connection, { type: 'quarantine', error, frame })
  connection.reportError(connection.name, error)
}
