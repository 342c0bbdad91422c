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
export function frameText({ event, seq, epoch }: LoggedEvent, viewer?: Viewer): string {
  const end = event.indexOf(BREAK)
  const text = end < 0 ? event : textFor(event, { end, viewer })
  return `{"seq":${seq},"epoch":${JSON.stringify(epoch)},${text.slice(1)}`
}

function textFor(
  event: string,
  { end, viewer }: { readonly end: number; readonly viewer: Viewer | undefined },
) {
  const text = event.slice(0, end)
  const own = viewer && entryOf(ownIn(event), viewer.user)
  return own === undefined ? text : (viewer?.makeOwn(text, own) ?? text)
}

/** By user. */
const ownIn = (event: string): Readonly<Record<string, unknown>> => {
  const end = event.indexOf(BREAK)
  return end < 0 ? {} : fieldsOf(JSON.parse(event.slice(end)))
}

/** One message for all of them. */
export function messageText(events: readonly LoggedEvent[], viewer?: Viewer): string {
  const texts = events.map((event) => frameText(event, viewer))
  return texts.length === 1 ? String(texts[0]) : `[${texts.join(',')}]`
}

/** The message of those who see some of these events otherwise. Undefined where nobody does. */
export function ownMessages(
  events: readonly LoggedEvent[],
  makeOwn: MakeOwn,
): ((user: string) => string | undefined) | undefined {
  const users = new Set(events.flatMap(({ event }) => Object.keys(ownIn(event))))
  if (users.size === 0) return undefined
  return (user) => (users.has(user) ? messageText(events, { user, makeOwn }) : undefined)
}
