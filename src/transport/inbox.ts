/** The way in: decodes, checks, and routes every frame. A bad one is reported and dropped; the socket stays up. */
import type { ChannelEvent } from './channelEvents.ts'
import { readHint } from './closeCodes.ts'
import { finishHandOver, renewIn, type Shell, writeBare } from './connectionShell.ts'
import { LiveError } from './errors.ts'
import { type Frame, isFrame, isRecord, payloadOf, validate } from './protocol.ts'
import { errorOf } from './requests.ts'

export interface Message {
  /** Which socket it came through. */
  readonly attempt: number
  readonly data: unknown
}

type Deliver = (events: readonly ChannelEvent[]) => void

/** `onEvents` hears what the application may subscribe to, `shell.deliver` what the channels carry as well. */
export function receive(shell: Shell, { attempt, data }: Message, onEvents: Deliver): void {
  const { current, handOver } = shell
  if (attempt !== current?.attempt && attempt !== handOver?.from) return
  shell.heartbeat.heard()
  const events: ChannelEvent[] = []
  for (const frame of decodeMessage(shell, data)) {
    const event = route(shell, frame)
    if (!event) continue
    const control = CONTROL[event.frame.type]
    if (event.frame.type !== 'welcome') shell.channels.heard()
    if (!control) {
      events.push(event)
      continue
    }
    control(shell, event.frame, attempt)
    onEvents([event])
  }
  shell.deliver(handOver ? handOver.sift(attempt, events) : events)
}

/** An array is a batch of frames. */
function decodeMessage(shell: Shell, data: unknown): readonly unknown[] {
  try {
    const message = shell.context.codec.decode(data)
    return Array.isArray(message) ? message : [message]
  } catch {
    // Without its cause: a parser quotes the message, and who knows what is in it.
    quarantine(shell, new LiveError('invalid_frame', 'A message could not be decoded'), data)
    return []
  }
}

function quarantine({ context }: Shell, error: LiveError, frame: unknown): void {
  context.report({ type: 'quarantine', error, frame })
  context.reportError(context.name, error)
}

export function decodeEvent(shell: Shell, frame: unknown): ChannelEvent | undefined {
  try {
    if (!isFrame(frame)) throw new LiveError('invalid_frame', 'A frame has no type')
    const { type } = frame
    const subject = { code: 'invalid_frame', name: `A "${type}" event` } as const
    return { frame, payload: validate(shell.context.protocol.events[type], payloadOf(frame), subject) }
  } catch (error) {
    quarantine(shell, error as LiveError, frame)
    return undefined
  }
}

/** Returns the frame if it is an event. An echo is an answer to its sender, and an event to everyone. */
function route(shell: Shell, frame: unknown): ChannelEvent | undefined {
  if (!isFrame(frame)) return decodeEvent(shell, frame)
  const { context, outbox } = shell
  context.report({ type: 'received', frame })
  const isAnswer = outbox.take(frame)
  if (frame.type !== 'response' && frame.type !== 'error') return decodeEvent(shell, frame)
  // A reply that nobody waits for is late; an error that answers nothing concerns the connection.
  if (!isAnswer && frame.type === 'error' && frame.reply_to === undefined) {
    context.reportError(context.name, errorOf(frame, 'connection'))
  }
  return undefined
}

function fieldsOf(frame: Frame): Readonly<Record<string, unknown>> {
  const payload = payloadOf(frame)
  return isRecord(payload) ? payload : {}
}

/** The frames that are about the connection itself. */
const CONTROL: Readonly<Record<string, (shell: Shell, frame: Frame, attempt: number) => void>> = {
  ping: (shell, frame) => writeBare(shell, shell.current, { type: 'pong', data: payloadOf(frame) }),
  pong: (shell, frame, attempt) => {
    if (attempt === shell.handOver?.from) {
      finishHandOver(shell, true)
    } else {
      shell.outbox.proven()
      shell.heartbeat.pong(fieldsOf(frame))
    }
  },
  welcome: ({ outbox }, frame) => {
    if (fieldsOf(frame).batch === true) outbox.setBatching(true)
  },
  draining: (shell, frame) => {
    // Not all clients at the same moment.
    const spreadMs = shell.context.environment.random() * 1_000
    renewIn(shell, (readHint(fieldsOf(frame)).retryAfterMs ?? 0) + spreadMs, false)
  },
  resync_required: ({ channels, context }, frame) => {
    const { key } = context.protocol.channels
    const id = frame[key] ?? fieldsOf(frame)[key]
    channels.reset(id === undefined ? undefined : String(id))
  },
}
