/** The way in: decodes, checks, and routes every frame. A bad one is reported and dropped; the socket stays up. */
import type { ChannelEvent } from './channelEvents.ts'
import { readHint } from './closeCodes.ts'
import { finishHandOver, raise, type Shell, writeBare } from './connectionShell.ts'
import { LiveError } from './errors.ts'
import { type Frame, isFrame, isRecord, payloadOf, validate } from './protocol.ts'
import { errorOf, type Requests } from './requests.ts'

export interface Inbox {
  receive(attempt: number, data: unknown): void
  decode(frame: unknown): ChannelEvent | undefined
  deliver(events: readonly ChannelEvent[]): void
  sendPing(timestamp: number): void
}

export function createInbox(
  shell: Shell,
  requests: Requests,
  onEvents: (events: readonly ChannelEvent[]) => void,
): Inbox {
  const deliver = (events: readonly ChannelEvent[]) => {
    if (events.length === 0) return
    shell.channels.receive(events)
    onEvents(events)
  }
  const wiring = { shell, requests, onControl: (event: ChannelEvent) => onEvents([event]) }
  return {
    receive: (attempt, data) => {
      const { current, handOver } = shell
      if (attempt !== current?.attempt && attempt !== handOver?.from) return
      shell.heartbeat.heard()
      const events = decodeMessage(shell, data).flatMap((frame) => route(wiring, frame, attempt) ?? [])
      deliver(handOver ? handOver.sift(attempt, events) : events)
    },
    deliver,
    decode: (frame) => decodeEvent(shell, frame),
    sendPing: (timestamp) => {
      shell.outbox.mark()
      if (shell.current) writeBare(shell, shell.current.link, { type: 'ping', data: { timestamp } })
    },
  }
}

/** An array is a batch of frames. */
function decodeMessage(shell: Shell, data: unknown): readonly unknown[] {
  try {
    const message = shell.context.settings.codec.decode(data)
    return Array.isArray(message) ? message : [message]
  } catch {
    // Without its cause: a parser quotes the message, and who knows what is in it.
    quarantine(shell, new LiveError('invalid_frame', 'A message could not be decoded'), data)
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

interface Wiring {
  readonly shell: Shell
  readonly requests: Requests
  onControl(event: ChannelEvent): void
}

/** Returns the frame if it is an event. */
function route(
  { shell, requests, onControl }: Wiring,
  frame: unknown,
  attempt: number,
): ChannelEvent | undefined {
  if (!isFrame(frame)) return decodeEvent(shell, frame)
  shell.context.inspector.report({ type: 'received', endpoint: shell.endpoint, frame })
  const answersSend = shell.outbox.answered(String(frame.reply_to ?? frame.id))
  const answersRequest = requests.take(frame)
  if (frame.type === 'response' || frame.type === 'error') {
    // A reply that nobody waits for is late; an error that answers nothing concerns the connection.
    if (answersSend || answersRequest || frame.type !== 'error' || frame.reply_to !== undefined)
      return undefined
    shell.context.reportError(shell.endpoint, errorOf(frame, 'connection'))
    return undefined
  }
  // An echo is an answer to its sender, and an event to everyone, its sender included.
  const event = decodeEvent(shell, frame)
  const control = CONTROL[frame.type]
  if (frame.type !== 'welcome') shell.channels.heard()
  if (!control) return event
  control(shell, frame, attempt)
  if (event) onControl(event)
  return undefined
}

function fieldsOf(frame: Frame): Readonly<Record<string, unknown>> {
  const payload = payloadOf(frame)
  return isRecord(payload) ? payload : {}
}

/** The frames that are about the connection itself. */
const CONTROL: Readonly<Record<string, (shell: Shell, frame: Frame, attempt: number) => void>> = {
  ping: (shell, frame) => {
    if (shell.current) writeBare(shell, shell.current.link, { type: 'pong', data: payloadOf(frame) })
  },
  pong: (shell, frame, attempt) => {
    if (attempt === shell.handOver?.from) return finishHandOver(shell, true)
    shell.outbox.proven()
    shell.heartbeat.pong(fieldsOf(frame))
  },
  welcome: ({ outbox }, frame) => {
    if (fieldsOf(frame).batch === true) outbox.setBatching(true)
  },
  draining: (shell, frame) => {
    // Not all clients at the same moment.
    const delayMs = (readHint(fieldsOf(frame)).retryAfterMs ?? 0) + shell.context.environment.random() * 1_000
    shell.timers.set('renewal', delayMs, () => raise(shell, { type: 'renew', refresh: false }))
  },
  resync_required: ({ channels, context }, frame) => {
    const { key } = context.settings.protocol.channels
    const id = frame[key] ?? fieldsOf(frame)[key]
    channels.reset(id === undefined ? undefined : String(id))
  },
}
