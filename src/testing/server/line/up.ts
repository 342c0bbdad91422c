/** From the mount to the kit: what is rejected on the way, what the level does not offer, and all else as it came. */
import { RequestError } from '../../../server/requestError.ts'
import { parseMessage, toFrame } from '../../../server/session/clientFrame.ts'
import { type ClientFrame, isFields } from '../wire.ts'
import { isHidden, isServed } from './levels.ts'
import { endUnserved, type Line, type LineParts, sendFrame } from './line.ts'

export function receive(parts: LineParts, line: Line, text: string): void {
  const { accepted } = line
  if (!line.isOpen || line.isSilent || !accepted) return
  // The kit closes for it.
  if (text.length > parts.messageLength) return accepted.receive(text)
  const values = parseMessage(text)
  parts.emit({ type: 'received', connectionId: line.id, text: forLog(line, { text, values }) })
  if (!isLookedAt(parts, line)) return accepted.receive(text)
  const passed = values.map((value) => up(parts, line, value)).filter((value) => value !== undefined)
  if (passed.length > 0) accepted.receive(JSON.stringify(passed.length === 1 ? passed[0] : passed))
}

const isLookedAt = ({ level, faults }: LineParts, { hearing }: Line): boolean =>
  level < 3 || faults.rejectsAny() || hearing.isDeaf()

/** What the kit gets of it. */
function up(parts: LineParts, line: Line, value: unknown): object | undefined {
  const frame = toFrame(value)
  // Refused by the kit for that, and short enough to be written again.
  if ('error' in frame) return { id: frame.id }
  const isUnknown = line.userId === undefined
  // Refused, it could never become known.
  const rejected = isUnknown && frame.type === 'auth' ? undefined : rejectionOf(parts, frame)
  if (rejected && isUnknown) {
    line.early.push(() => refuse(parts, line, { frame, refused: rejected }))
    return undefined
  }
  const refused = isUnknown ? undefined : (rejected ?? unserved(parts, frame))
  if (refused) return refuse(parts, line, { frame, refused })
  line.hearing.hear(frame)
  if (parts.level === 0) return withoutNames(frame)
  if (frame.id !== undefined && isHidden(parts.level, frame.type))
    line.asked.set(String(frame.id), frame.type)
  return frame
}

function rejectionOf({ faults }: LineParts, { type }: ClientFrame): RequestError | undefined {
  const rejection = faults.takeRejection(type)
  return rejection && new RequestError(rejection.code, rejection.message, rejection)
}

const unserved = ({ level }: LineParts, { type }: ClientFrame): RequestError | undefined =>
  isServed(level, type) ? undefined : new RequestError('unsupported', `This server does not know "${type}"`)

interface Refused {
  readonly frame: ClientFrame
  readonly refused: RequestError
}

function refuse(parts: LineParts, line: Line, { frame, refused }: Refused): undefined {
  const { id } = frame
  const error = refused.body
  if (parts.level === 0) endUnserved(parts, line, error.code)
  else sendFrame(line, { type: 'error', ...(id !== undefined && { reply_to: id }), error })
}

/** A level 0 back end answers nothing, and knows no name that a client gave. */
function withoutNames({ type, data }: ClientFrame): object {
  const { client_id, ...rest } = data
  return { type, data: rest }
}

interface Heard {
  readonly text: string
  readonly values: readonly unknown[]
}

/** An `auth` frame holds a token, and so may what is no frame, while none was heard. */
function forLog({ userId }: Line, { text, values }: Heard): string {
  const holdsToken = (value: unknown) => {
    const type = isFields(value) ? value.type : undefined
    return type === 'auth' || (userId === undefined && typeof type !== 'string')
  }
  return values.some(holdsToken) ? `… (${text.length} characters)` : text
}
