/** The way in: routes every frame that a socket delivers. */
import { type ChannelEvent, toCursor } from './channelEvents.ts'
import { confirmChannels, deliver, placeChannel, resetChannels, takeHeads } from './channels.ts'
import { retryAfterOf } from './closeCodes.ts'
import { decodeEvent, decodeMessage } from './decode.ts'
import { greet } from './greeting.ts'
import { takeAnything, takePong } from './heartbeat.ts'
import { take } from './outbox.ts'
import { entryOf, type Frame, fieldsOf, isFrame } from './protocol.ts'
import { errorOf } from './requests.ts'
import { type OpenLink, type Shell, tell, writeBare } from './shell.ts'
import { markRead } from './signs.ts'
import { finishHandOver, renewIn } from './sockets.ts'

/** `attempt`: which socket it came through. */
export function receive(shell: Shell, attempt: number, data: unknown): void {
  const link = shell.links.get(attempt)
  if (!link || (attempt !== shell.current?.attempt && attempt !== shell.handOver?.from)) return
  shell.heard++
  const events: ChannelEvent[] = []
  for (const one of decodeMessage(shell, data)) {
    if (!isWelcome(one)) takeGreeting(shell, link, null)
    const event = route(shell, one)
    if (event && !takeControl(shell, link, event)) events.push(event)
  }
  takeAnything(shell, link)
  const { current, handOver } = shell
  if (handOver) deliver(shell, handOver.sift(attempt, events))
  else if (attempt === current?.attempt) deliver(shell, events)
}

/** The application may subscribe to frames about the connection; channels do not carry them. */
function takeControl(shell: Shell, link: OpenLink, event: ChannelEvent): boolean {
  const { frame, payload } = event
  const control = entryOf(CONTROL, frame.type)
  const isGreeting = frame.type === 'welcome'
  if (!isGreeting) confirmChannels(shell)
  if (!control) return false
  control(shell, fieldsOf(payload), { frame, attempt: link.attempt })
  // Whom a socket of former credentials greets is not who is here.
  if (!isGreeting || link.era === shell.identity.era) shell.deliver(shell.name, [event])
  return true
}

const isWelcome = (value: unknown) => isFrame(value) && value.type === 'welcome'

/** Returns the frame if it is an event. An echo is an answer to its sender, and an event to everyone. */
function route(shell: Shell, frame: unknown): ChannelEvent | undefined {
  if (!isFrame(frame)) return decodeEvent(shell, frame)
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
  const { id } = fieldsOf(fields?.user)
  if (link.era === identity.era) {
    if (id === undefined || id === null) identity.settle()
    else identity.learn('user', String(id), link)
  }
  greet(shell, link, fields)
}

function keyIn({ protocol }: Shell, fields: Readonly<Record<string, unknown>>): string | undefined {
  const id = fields[protocol.channels.key]
  return id === undefined ? undefined : String(id)
}
