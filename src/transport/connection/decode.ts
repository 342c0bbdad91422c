/** From what a socket says to events that can be trusted. What cannot is reported and dropped; the socket stays up. */
import type { ChannelEvent } from '../channels/channelEvents.ts'
import { LiveError } from '../errors.ts'
import { isTooDeep } from '../port.ts'
import { entryOf, type Frame, fieldsOf, isFrame, payloadOf, validate } from '../protocol.ts'
import { take } from './outbox.ts'
import { type Shell, tell } from './shell.ts'

/** An array is a batch of frames. */
export function decodeMessage(shell: Shell, data: unknown): readonly unknown[] {
  try {
    const message = shell.codec.decode(data, () => tellRounded(shell))
    return Array.isArray(message) ? message : [message]
  } catch {
    // Without its cause: a parser quotes the message, and who knows what is in it.
    const error = new LiveError('invalid_frame', 'A message could not be decoded')
    quarantine(shell, error, data)
    // Python's NaN is no JSON. What it answers stands in it all the same, and nothing else has the id of a request.
    for (const [, id = ''] of String(data).matchAll(ANSWERED)) take(shell, { id }, error)
    return []
  }
}

/** What can be read at all. Whoever awaits another one need not wait any longer. */
export function readFrame(shell: Shell, part: unknown): Frame | undefined {
  const flaw = flawOf(shell, part)
  if (flaw === undefined) return part as Frame
  const error = new LiveError('invalid_frame', `A frame ${flaw}`)
  take(shell, fieldsOf(part), error)
  quarantine(shell, error, part)
  return undefined
}

function flawOf({ protocol }: Shell, part: unknown): string | undefined {
  if (!isFrame(part)) return 'is no object with a "type"'
  for (const name of ['id', 'reply_to', protocol.channels.key]) {
    if (typeof (part[name] ?? '') === 'object') return `has no text or number as "${name}"`
  }
  return isTooDeep(part) ? 'is nested too deep' : undefined
}

export function decodeEvent(shell: Shell, frame: Frame): ChannelEvent | undefined {
  try {
    const { type } = frame
    const subject = { code: 'invalid_frame', name: `A "${type}" event` } as const
    return { frame, payload: validate(entryOf(shell.protocol.events, type), payloadOf(frame), subject) }
  } catch (error) {
    quarantine(shell, error as LiveError, frame)
    return undefined
  }
}

const ANSWERED = /"(?:reply_to|id)"\s*:\s*"?([^",}\s]*)/g

function tellRounded(shell: Shell): void {
  if (shell.told.has('rounded')) return
  shell.told.add('rounded')
  const message = 'An integer beyond 2^53 was rounded; send ids as strings'
  shell.reportError(shell.name, new LiveError('invalid_frame', message))
}

function quarantine(shell: Shell, error: LiveError, frame: unknown): void {
  tell(shell, { type: 'quarantine', error, frame })
  shell.reportError(shell.name, error)
}
