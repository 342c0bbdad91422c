/** From the kit to the mount: frame by frame, as much of it as the level shows and the faults leave. */
import type { ServerSocket } from '../../../server/socket.ts'
import { isFields, type ServerFrame } from '../wire.ts'
import { shownAt } from './levels.ts'
import { endLine, endTooFast, endUnserved, type Line, type LineParts, sendFrame } from './line.ts'

export function socketOf(parts: LineParts, line: Line): ServerSocket {
  const { connection } = line
  return {
    send: (text) => {
      for (const frame of [JSON.parse(text)].flat() as ServerFrame[]) down(parts, line, frame)
    },
    close: (code, reason) => endLine(parts, line, { code, reason }),
    ...(connection.bufferedBytes && { bufferedBytes: () => connection.bufferedBytes?.() ?? 0 }),
  }
}

function down(parts: LineParts, line: Line, frame: ServerFrame): void {
  if (!line.isOpen || line.hearing.misses(frame)) return
  if (parts.level === 0 && frame.type === 'error') return refusedInSilence(parts, line, frame)
  const shown = shownAt(parts.level, named(line, frame), takeAsked(line, frame))
  if (shown) sendFrame(line, shown)
  if (frame.type === 'welcome') for (const refuse of line.early.splice(0)) refuse()
}

/** As everything else here calls it. */
const named = ({ id }: Line, frame: ServerFrame): ServerFrame =>
  frame.type === 'welcome' && isFields(frame.data)
    ? { ...frame, data: { ...frame.data, connection_id: id } }
    : frame

function takeAsked({ asked }: Line, { reply_to }: ServerFrame): string | undefined {
  if (reply_to === undefined) return undefined
  const question = asked.get(String(reply_to))
  asked.delete(String(reply_to))
  return question
}

function refusedInSilence(parts: LineParts, line: Line, frame: ServerFrame): void {
  const error = isFields(frame.error) ? frame.error : {}
  if (error.code === 'rate_limited') endTooFast(parts, line, error.retry_after_ms)
  else endUnserved(parts, line, error.code)
}
