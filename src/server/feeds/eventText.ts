/** An event as text: written once when it happens, kept as it is, and sent to everybody with its number in front. */
import { entryOf, fieldsOf } from '../../transport/protocol.ts'
import type { LoggedEvent } from '../store.ts'

/** @throws where the payload has no JSON */
export const eventText = (
  type: string,
  channel: Readonly<Record<string, string>>,
  payload: unknown,
): string => JSON.stringify({ type, ...channel, data: payload ?? null })

/** Behind what all get, which has no line break: JSON writes it otherwise. */
const BREAK = '\n'

/** An event that some see otherwise: with it, by user, what its plugin makes theirs of. */
export const withOwn = (text: string, own: Readonly<Record<string, unknown>>): string =>
  Object.keys(own).length > 0 ? `${text}${BREAK}${JSON.stringify(own)}` : text

/** Makes of what all get, and of what is somebody's own, what they get. */
export type MakeOwn = (text: string, own: unknown) => string

export interface Viewer {
  readonly user: string
  readonly makeOwn: MakeOwn
}

/** The frame. Spliced, because reading the text only to write it again is most of what an event costs. */
const frameOf = ({ seq, epoch }: LoggedEvent, text: string) =>
  `{"seq":${seq},"epoch":${JSON.stringify(epoch)},${text.slice(1)}`

export const frameText = (logged: LoggedEvent, viewer?: Viewer): string =>
  viewer
    ? ownFrames(logged, viewer.makeOwn).of(viewer.user)
    : frameOf(logged, logged.event.split(BREAK, 1)[0] ?? '')

const together = (texts: readonly string[]) =>
  texts.length === 1 ? String(texts[0]) : `[${texts.join(',')}]`

/** One message for all of them. */
export const messageText = (events: readonly LoggedEvent[]): string =>
  together(events.map((event) => frameText(event)))

/**
 * The message of those who see some of these events otherwise. Undefined where nobody does. Each event is read once, and made
 * once for all who see the same: a crowd that listens is mostly the crowd that has reacted.
 */
export function ownMessages(
  events: readonly LoggedEvent[],
  makeOwn: MakeOwn,
): ((user: string) => string | undefined) | undefined {
  const frames = events.map((event) => ownFrames(event, makeOwn))
  const users = new Set(frames.flatMap(({ users }) => users))
  if (users.size === 0) return undefined
  return (user) => (users.has(user) ? together(frames.map(({ of }) => of(user))) : undefined)
}

/** As each of its viewers sees it. */
function ownFrames(logged: LoggedEvent, makeOwn: MakeOwn) {
  const [text = '', ownText] = logged.event.split(BREAK)
  const own = fieldsOf(ownText && JSON.parse(ownText))
  const forAll = frameOf(logged, text)
  const made = new Map<string, string>()
  const of = (user: string): string => {
    const mine = entryOf(own, user)
    if (mine === undefined) return forAll
    const name = JSON.stringify(mine)
    if (!made.has(name)) made.set(name, frameOf(logged, makeOwn(text, mine)))
    return made.get(name) as string
  }
  return { users: Object.keys(own), of }
}
