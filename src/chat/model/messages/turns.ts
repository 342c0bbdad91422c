/**
 * Whose turn it is in a room: messages leave in the order of the calls, also behind one that is uploaded, or that waits for
 * the name of what it answers.
 */
import { clientIdIn, type Names } from '../session/names.ts'
import { draftOf, type MessageDraft } from './draft.ts'
import type { Sending, Uploads } from './uploads.ts'

interface Turn {
  /** The client id of what it answers, which has no name yet. */
  readonly answers: string | undefined
  readonly over: Promise<unknown>
}

export function createTurns(names: Names, uploads: Uploads) {
  const rooms = new Map<string, Turn[]>()

  async function withTarget(draft: MessageDraft, sending: Sending): Promise<MessageDraft> {
    if (draft.reply_to_id === undefined || targetOf(draft) === undefined) return draft
    const reply_to_id = await names.nameOf(draft.reply_to_id, sending)
    sending.amend((now) => ({ ...draftOf(now), reply_to_id }))
    return { ...draft, reply_to_id }
  }

  /** `undefined`: it is its turn. */
  return (draft: MessageDraft, sending: Sending): Promise<MessageDraft> | undefined => {
    const key = String(sending.params.roomId)
    const line = rooms.get(key) ?? []
    // One that is tried again does not wait behind what waits for it.
    const behind = line.findIndex(({ answers }) => answers === sending.clientId)
    const at = behind < 0 ? line.length : behind
    const before = line[at - 1]?.over
    const answers = targetOf(draft)
    const hasFiles = (draft.files?.length ?? 0) > 0
    if (!before && answers === undefined && !hasFiles) return undefined
    const named = Promise.resolve(before).then(() => withTarget(draft, sending))
    const turn = hasFiles ? uploads.run(named, sending) : named
    const over = Promise.allSettled([named, turn]).then(() => {
      line.splice(line.indexOf(mine), 1)
      if (line.length === 0) rooms.delete(key)
    })
    const mine: Turn = { answers, over }
    line.splice(at, 0, mine)
    rooms.set(key, line)
    return turn
  }
}

const targetOf = ({ reply_to_id }: MessageDraft) => clientIdIn(reply_to_id ?? '')
