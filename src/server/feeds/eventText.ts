/** An event as text: written once when it happens, kept as it is, and sent to everybody with its number in front. */
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

/** The frame. Spliced, because reading the text only to write it again is most of what an event costs. */
export const frameText = ({ event, seq, epoch }: LoggedEvent): string =>
  `{"seq":${seq},"epoch":${JSON.stringify(epoch)},${event.slice(1)}`

/** One message for all of them. */
export function messageText(events: readonly LoggedEvent[]): string {
  const texts = events.map(frameText)
  return texts.length === 1 ? String(texts[0]) : `[${texts.join(',')}]`
}
