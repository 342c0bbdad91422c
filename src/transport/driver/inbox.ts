/** The way in: routes every frame that a socket delivers. */
import { placeIn, toCursor } from '../channels/channelEvents.ts'
import {
  confirmChannels,
  deliverEvents,
  placeChannel,
  resetChannels,
  takeHead,
} from '../channels/channels.ts'
import { type DialedSocket, socketOf, TOGETHER, tell, writeBare } from '../connection/connection.ts'
import { decodeEvent, decodeMessage, readFrame } from '../connection/decode.ts'
import { greet } from '../connection/greeting.ts'
import { countPong, markRead } from '../connection/ping.ts'
import { errorOf } from '../connection/requests.ts'
import { takeAnswer } from '../connection/unanswered.ts'
import { retryAfterOf } from '../machine/closeCodes.ts'
import { dialOf } from '../machine/connectionMachine.ts'
import { type DecodedEvent, entryOf, type Frame, fieldsOf, textOf } from '../protocol.ts'
import { type Arrival, arrive } from '../wire/arrivals.ts'
import type { DrivenConnection } from './drivenConnection.ts'
import { takePong } from './heartbeat.ts'
import { finishHandOver, renewIn } from './sockets.ts'

/** `attempt`: which socket it came through. */
export function receiveMessage(connection: DrivenConnection, attempt: number, data: unknown): void {
  if (!socketOf(connection, attempt)) return
  connection.heard++
  const message: Message = {
    attempt,
    data,
    parts: undefined,
    at: 0,
    events: undefined,
    hasConfirmed: false,
    work: (isOver) => workOn(connection, message, isOver),
  }
  arrive(connection, message)
}

/** What came at once, and what is left to do of it. */
interface Message extends Arrival {
  readonly data: unknown
  /** `undefined` before it is decoded. */
  parts: readonly unknown[] | undefined
  at: number
  /** Decoded, and not delivered. */
  events: DecodedEvent[] | undefined
  hasConfirmed: boolean
}

function workOn(connection: DrivenConnection, message: Message, isOver: () => boolean): boolean {
  const socket = socketOf(connection, message.attempt)
  if (!socket) return true
  message.parts ??= decodeMessage(connection, message.data)
  const { length } = message.parts
  const until = Math.min(message.at + TOGETHER, length)
  while (message.at < until) {
    takePart(connection, socket, message)
    if (message.at < until && isOver()) break
  }
  // Where nobody says whether pings are answered, whatever comes has to do.
  if (!connection.heartbeat) markRead(connection, socket)
  passEvents(connection, socket, message)
  return message.at >= length
}

function takePart(connection: DrivenConnection, socket: DialedSocket, message: Message): void {
  const part = message.parts?.[message.at++]
  const isGreeting = fieldsOf(part).type === 'welcome'
  if (!isGreeting && socket.greeting === undefined) takeGreeting(connection, socket, null)
  const frame = readFrame(connection, part)
  const event = frame && routeFrame(connection, frame)
  if (!event) return
  // What was asked for through one socket the other one has not taken in.
  if (!isGreeting && !message.hasConfirmed && socket === connection.current) {
    message.hasConfirmed = true
    confirmChannels(connection)
  }
  const control = entryOf(CONTROL, event.frame.type)
  if (!control) {
    // An array that is made to grow has room for many from the start.
    if (message.events) message.events.push(event)
    else message.events = [event]
    return
  }
  // What came before it, a hand-over it ends among that, is not to be told of it later.
  passEvents(connection, socket, message)
  control(connection, fieldsOf(event.payload), { frame: event.frame, socket })
  // The application may subscribe to frames about the connection; channels do not carry them.
  // Whom a socket of former credentials greets is not who is here.
  if (!isGreeting || socket.era === connection.identity.era) connection.deliver(connection.name, [event])
}

function passEvents(connection: DrivenConnection, { attempt }: DialedSocket, message: Message): void {
  const { events } = message
  const { current, handOver } = connection
  if (!events) return
  message.events = undefined
  if (handOver) deliverEvents(connection, handOver.sift(attempt, events))
  else if (attempt === current?.attempt) {
    if (dialOf(connection.state) !== null) for (const event of events) connection.overlap.push(event)
    deliverEvents(connection, events)
  }
}

/** Returns the frame if it is an event. An echo is an answer to its sender, and an event to everyone. */
function routeFrame(connection: DrivenConnection, frame: Frame): DecodedEvent | undefined {
  tell(connection, { type: 'received', frame })
  const isAnswer = takeAnswer(connection, frame)
  if (frame.type !== 'response' && frame.type !== 'error') return decodeEvent(connection, frame)
  // A reply that nobody waits for is late; an error that answers nothing concerns the connection.
  if (!isAnswer && frame.type === 'error' && frame.reply_to === undefined) {
    connection.reportError(connection.name, errorOf(frame, 'connection'))
  }
  return undefined
}

type Fields = Readonly<Record<string, unknown>>

type Control = (
  connection: DrivenConnection,
  fields: Fields,
  from: { readonly frame: Frame; readonly socket: DialedSocket },
) => void

/** The frames that are about the connection itself. */
const CONTROL: Readonly<Record<string, Control>> = {
  ping: (connection, data) => writeBare(connection, connection.current, { type: 'pong', data }),
  pong: (connection, fields, { socket }) => {
    const { handOver } = connection
    countPong(socket, fields.timestamp)
    if (socket.attempt !== handOver?.from) return takePong(connection, fields)
    if (!handOver.isMarked || socket.pings.length > 0) return
    markRead(connection, socket)
    finishHandOver(connection, true)
  },
  welcome: (connection, fields, { socket }) => {
    takeGreeting(connection, socket, fields)
    const place = placeIn(connection.protocol, fields)
    const cursor = toCursor(fields)
    if (!place || !cursor) return
    // While two sockets are open, the older one still has to deliver what came before this.
    const take = connection.handOver ? takeHead : placeChannel
    take(connection, place, cursor)
  },
  draining: (connection, fields) => {
    // Not all clients at the same moment.
    const spreadMs = connection.environment.random() * 1_000
    renewIn(connection, (retryAfterOf(fields) ?? 0) + spreadMs, false)
  },
  resync_required: (connection, fields, { frame }) =>
    resetChannels(connection, placeIn(connection.protocol, { ...fields, ...frame })),
}

/** A greeting that comes late is one all the same. */
function takeGreeting(connection: DrivenConnection, socket: DialedSocket, fields: Fields | null): void {
  const { identity } = connection
  const id = textOf(fieldsOf(fields?.user).id)
  if (socket.era === identity.era) {
    if (id === undefined) identity.endDoubt()
    else identity.learn('user', id, socket)
  }
  greet(connection, socket, fields)
}
