/** The way in: routes every frame that a socket delivers. */

import { type ChannelEvent, toCursor } from '../channels/channelEvents.ts'
import { confirmChannels, deliver, placeChannel, resetChannels, takeHeads } from '../channels/channels.ts'
import { decodeEvent, decodeMessage, readFrame } from '../connection/decode.ts'
import { greet } from '../connection/greeting.ts'
import { take } from '../connection/outbox.ts'
import { errorOf } from '../connection/requests.ts'
import { linkOf, type OpenLink, type Shell, TOGETHER, tell, writeBare } from '../connection/shell.ts'
import { markRead } from '../connection/signs.ts'
import { retryAfterOf } from '../machine/closeCodes.ts'
import { dialOf } from '../machine/connectionMachine.ts'
import { entryOf, type Frame, fieldsOf, textOf } from '../protocol.ts'
import { arrive } from '../wire/arrivals.ts'
import { takeAnything, takePong } from './heartbeat.ts'
import { finishHandOver, renewIn } from './sockets.ts'

/** `attempt`: which socket it came through. */
export function receive(shell: Shell, attempt: number, data: unknown): void {
  if (!linkOf(shell, attempt)) return
  shell.heard++
  let message: Message | undefined
  arrive(shell, {
    attempt,
    work(isOver) {
      const link = linkOf(shell, attempt)
      if (!link) return true
      message ??= { parts: decodeMessage(shell, data), at: 0, events: [], hasConfirmed: false }
      const { parts } = message
      const until = Math.min(message.at + TOGETHER, parts.length)
      while (message.at < until) {
        takePart(shell, link, message)
        if (isOver()) break
      }
      takeAnything(shell, link)
      pass(shell, link, message)
      return message.at >= parts.length
    },
  })
}

/** What is left to do of what came at once. */
interface Message {
  readonly parts: readonly unknown[]
  at: number
  /** Decoded, and not delivered. */
  events: ChannelEvent[]
  hasConfirmed: boolean
}

function takePart(shell: Shell, link: OpenLink, message: Message): void {
  const part = message.parts[message.at++]
  const isGreeting = fieldsOf(part).type === 'welcome'
  if (!isGreeting) takeGreeting(shell, link, null)
  const frame = readFrame(shell, part)
  const event = frame && route(shell, frame)
  if (!event) return
  if (!isGreeting && !message.hasConfirmed) {
    message.hasConfirmed = true
    confirmChannels(shell)
  }
  const control = entryOf(CONTROL, event.frame.type)
  if (!control) return void message.events.push(event)
  // What came before it, a hand-over it ends among that, is not to be told of it later.
  pass(shell, link, message)
  control(shell, fieldsOf(event.payload), { frame: event.frame, attempt: link.attempt })
  // The application may subscribe to frames about the connection; channels do not carry them.
  // Whom a socket of former credentials greets is not who is here.
  if (!isGreeting || link.era === shell.identity.era) shell.deliver(shell.name, [event])
}

function pass(shell: Shell, { attempt }: OpenLink, message: Message): void {
  const { events } = message
  const { current, handOver } = shell
  message.events = []
  if (handOver) deliver(shell, handOver.sift(attempt, events))
  else if (attempt === current?.attempt) {
    if (dialOf(shell.state) !== null) for (const event of events) shell.overlap.push(event)
    deliver(shell, events)
  }
}

/** Returns the frame if it is an event. An echo is an answer to its sender, and an event to everyone. */
function route(shell: Shell, frame: Frame): ChannelEvent | undefined {
  tell(shell, { type: 'received', frame })
  const isAnswer = take(shell, frame)
  if (frame.type !== 'response' && frame.type !== 'error') return decodeEvent(shell, frame)
  // A reply that nobody waits for is late; an error that answers nothing concerns the connection.
  if (!isAnswer && frame.type === 'error' && frame.reply_to === undefined) {
    shell.reportError(shell.name, errorOf(frame, 'connection'))
  }
  return undefined
}

type Fields = Readonly<Record<string, unknown>>

type Control = (
  shell: Shell,
  fields: Readonly<Record<string, unknown>>,
  from: { readonly frame: Frame; readonly attempt: number },
) => void

/** The frames that are about the connection itself. */
const CONTROL: Readonly<Record<string, Control>> = {
  ping: (shell, data) => writeBare(shell, shell.current, { type: 'pong', data }),
  pong: (shell, fields, { attempt }) => {
    if (attempt !== shell.handOver?.from) return takePong(shell, fields)
    markRead(shell, shell.links.get(attempt))
    finishHandOver(shell, true)
  },
  welcome: (shell, fields, { attempt }) => {
    const link = shell.links.get(attempt)
    if (link) takeGreeting(shell, link, fields)
    const key = keyIn(shell, fields)
    const cursor = toCursor(fields)
    if (!key || !cursor) return
    // While two sockets are open, the older one still has to deliver what came before this.
    if (shell.handOver) takeHeads(shell, { [key]: cursor })
    else placeChannel(shell, key, cursor)
  },
  draining: (shell, fields) => {
    // Not all clients at the same moment.
    const spreadMs = shell.environment.random() * 1_000
    renewIn(shell, (retryAfterOf(fields) ?? 0) + spreadMs, false)
  },
  resync_required: (shell, fields, { frame }) => resetChannels(shell, keyIn(shell, { ...fields, ...frame })),
}

/** A greeting that comes late is one all the same. */
function takeGreeting(shell: Shell, link: OpenLink, fields: Fields | null): void {
  const { identity } = shell
  if (!fields && link.greeting !== undefined) return
  const id = textOf(fieldsOf(fields?.user).id)
  if (link.era === identity.era) {
    if (id === undefined) identity.settle()
    else identity.learn('user', id, link)
  }
  greet(shell, link, fields)
}

function keyIn({ protocol }: Shell, fields: Readonly<Record<string, unknown>>): string | undefined {
  return textOf(fields[protocol.channels.key])
}
