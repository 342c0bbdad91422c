/** The way in: decodes, checks, and routes every frame. A bad one is reported and dropped; the socket stays up. */
import type { ChannelEvent } from './channelEvents.ts'
import { readHint } from './closeCodes.ts'
import { raise, type Shell } from './connectionShell.ts'
import { LiveError } from './errors.ts'
import { type Frame, isFrame, isRecord, payloadOf, validate } from './protocol.ts'
import { errorOf, type Requests } from './requests.ts'

export interface Inbox {
  receive(attempt: number, data: unknown): void
  decode(frame: unknown): ChannelEvent | undefined
  sendPing(timestamp: number): void
}

export function createInbox(
  shell: Shell,
  requests: Requests,
  onEvents: (events: readonly ChannelEvent[]) => void,
): Inbox {
  return {
    receive: (attempt, data) => {
      const { state } = shell
      if (state.phase !== 'connected' || state.attempt !== attempt) return
      shell.heartbeat.heard()
      const events = decodeMessage(shell, data).flatMap((frame) => route(shell, requests, frame) ?? [])
      if (events.length === 0) return
      shell.channels.receive(events)
      onEvents(events)
    },
    decode: (frame) => decodeEvent(shell, frame),
    sendPing: (timestamp) => {
      const frame = { type: 'ping', data: { timestamp } }
      const { codec } = shell.context.settings
      shell.outbox.mark()
      shell.current?.link.write(codec.encode(frame))
      shell.context.inspector.report({ type: 'sent', endpoint: shell.endpoint, frame })
    },
  }
}

/** An array is a batch of frames. */
function decodeMessage(shell: Shell, data: unknown): readonly unknown[] {
  try {
    const message = shell.context.settings.codec.decode(data)
    return Array.isArray(message) ? message : [message]
  } catch (cause) {
    quarantine(shell, new LiveError('invalid_frame', 'A message could not be decoded', { cause }), data)
    return []
  }
}

function quarantine(shell: Shell, error: LiveError, frame: unknown): void {
  shell.context.inspector.report({ type: 'quarantine', endpoint: shell.endpoint, error, frame })
  shell.context.reportError(shell.endpoint, error)
}

function decodeEvent(shell: Shell, frame: unknown): ChannelEvent | undefined {
  try {
    if (!isFrame(frame)) throw new LiveError('invalid_frame', 'A frame has no type')
    const subject = { code: 'invalid_frame', name: `A "${frame.type}" event` } as const
    const schema = shell.context.settings.protocol.events[frame.type]
    return { frame, payload: validate(schema, payloadOf(frame), subject) }
  } catch (error) {
    quarantine(shell, error as LiveError, frame)
    return undefined
  }
}

/** Returns the frame if it is an event. */
function route(shell: Shell, requests: Requests, frame: unknown): ChannelEvent | undefined {
  if (!isFrame(frame)) return decodeEvent(shell, frame)
  shell.context.inspector.report({ type: 'received', endpoint: shell.endpoint, frame })
  const answersSend = shell.outbox.answered(String(frame.reply_to ?? frame.id))
  const answersRequest = requests.take(frame)
  const isReply = frame.type === 'response' || frame.type === 'error'
  if (answersSend || answersRequest) {
    // An echo is an answer to its sender and an event to everyone, its sender included.
    return isReply ? undefined : decodeEvent(shell, frame)
  }
  if (isReply) return reportReply(shell, frame)
  control(shell, frame)
  return decodeEvent(shell, frame)
}

/** A reply that nobody waits for is late; an error that answers nothing concerns the connection. */
function reportReply(shell: Shell, frame: Frame): undefined {
  if (frame.type === 'error' && frame.reply_to === undefined) {
    shell.context.reportError(shell.endpoint, errorOf(frame, 'connection'))
  }
}

/** The frames that are about the connection itself. */
function control(shell: Shell, frame: Frame): void {
  const { context, timers, channels, outbox } = shell
  const payload = payloadOf(frame)
  const fields = isRecord(payload) ? payload : {}
  switch (frame.type) {
    case 'pong':
      outbox.proven()
      shell.heartbeat.pong(fields)
      break
    case 'welcome':
      if (fields.batch === true || frame.batch === true) outbox.setBatching(true)
      return
    case 'draining': {
      // Not all clients at the same moment.
      const delayMs = (readHint(fields).retryAfterMs ?? 0) + context.environment.random() * 1_000
      timers.set('renewal', delayMs, () => raise(shell, { type: 'renew', refresh: false }))
      break
    }
    case 'resync_required': {
      const { key } = context.settings.protocol.channels
      const id = frame[key] ?? fields[key]
      channels.reset(typeof id === 'string' || typeof id === 'number' ? id : undefined)
      break
    }
  }
  channels.heard()
}
