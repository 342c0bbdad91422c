/** From what a socket says to events that can be trusted. What cannot is reported and dropped; the socket stays up. */
import type { ChannelEvent } from './channelEvents.ts'
import { LiveError } from './errors.ts'
import { entryOf, isFrame, payloadOf, validate } from './protocol.ts'
import { type Shell, tell } from './shell.ts'

/** An array is a batch of frames. */
export function decodeMessage(shell: Shell, data: unknown): readonly unknown[] {
  try {
    const message = shell.codec.decode(data)
    return Array.isArray(message) ? message : [message]
  } catch {
    // Without its cause: a parser quotes the message, and who knows what is in it.
    quarantine(shell, new LiveError('invalid_frame', 'A message could not be decoded'), data)
    return []
  }
}

export function decodeEvent(shell: Shell, frame: unknown): ChannelEvent | undefined {
  try {
    if (!isFrame(frame)) throw new LiveError('invalid_frame', 'A frame is no object with a "type"')
    const { type } = frame
    const subject = { code: 'invalid_frame', name: `A "${type}" event` } as const
    return { frame, payload: validate(entryOf(shell.protocol.events, type), payloadOf(frame), subject) }
  } catch (error) {
    quarantine(shell, error as LiveError, frame)
    return undefined
  }
}

function quarantine(shell: Shell, error: LiveError, frame: unknown): void {
  tell(shell, { type: 'quarantine', error, frame })
  shell.reportError(shell.name, error)
}
