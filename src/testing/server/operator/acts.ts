/** The frames of the chat in somebody's name, without a connection. */
import { readBoolean } from '../../../server/chat/domain/fields.ts'
import { roomFrame } from '../../../server/chat/domain/frames.ts'
import { getHistory } from '../../../server/chat/domain/history.ts'
import { joinRoom, leaveRoom } from '../../../server/chat/domain/members.ts'
import { deleteMessage, editMessage, sendMessage } from '../../../server/chat/domain/messages.ts'
import { makeRoom } from '../../../server/chat/domain/newRoom.ts'
import { react } from '../../../server/chat/domain/reactions.ts'
import { markUnread, moveRead } from '../../../server/chat/domain/readState.ts'
import { getMembers, getRooms } from '../../../server/chat/domain/rooms.ts'
import { viewUser } from '../../../server/chat/domain/views.ts'
import { type Asked, type ChatRead, type ChatWork, findMembership } from '../../../server/chat/domain/work.ts'
import { stopMessage } from '../../../server/chat/domain/writing.ts'
import type { Steps } from '../../../server/chat/steps.ts'
import type { UserRow } from '../../../server/chat/tables/chatTables.ts'
import { entryOf } from '../../../transport/protocol.ts'
import type { Fields } from '../wire.ts'
import type { ChatNow } from './chatNow.ts'

type Write = (work: ChatWork, asked: Asked) => Steps<unknown>
type Read = (read: ChatRead, asked: Asked) => Steps<object>

const WRITES: Readonly<Record<string, Write>> = {
  *chat_message(work, asked) {
    const { message } = yield* sendMessage(work, asked)
    return { message }
  },
  edit_message: editMessage,
  delete_message: deleteMessage,
  *stop_message(work, asked) {
    const { message } = yield* stopMessage(work, asked)
    return { message }
  },
  add_reaction: (work, asked) => react(work, asked, true),
  remove_reaction: (work, asked) => react(work, asked, false),
  create_room: (work, asked) => makeRoom(work, asked, () => true),
  join_room: (work, asked) => joinRoom(work, asked),
  leave_room: leaveRoom,
}

const SNAPSHOTS: Readonly<Record<string, Read>> = {
  get_history: getHistory,
  get_members: getMembers,
}

export interface Acting {
  readonly type: string
  readonly user: UserRow
  readonly data: Fields
}

/** What the reply of level 3 would hold. @throws RequestError as a client would be refused */
export function actAs(chat: ChatNow, { type, user, data }: Acting): unknown {
  const asked = { user: user.key, data }
  if (type === 'read_receipt' || type === 'mark_unread') {
    const { state, receipt } = chat.write((work) =>
      (type === 'read_receipt' ? moveRead : markUnread)(work, asked),
    )
    if (receipt) chat.pass(receipt.room, receipt.text)
    return state
  }
  if (type === 'typing_indicator') return showTyping(chat, user, data)
  const write = entryOf(WRITES, type)
  if (write) return chat.write((work) => write(work, asked))
  if (type === 'get_rooms') return chat.read((at) => getRooms(at, asked))
  const read = entryOf(SNAPSHOTS, type)
  if (!read) throw new Error(`No frame type "${type}"`)
  const { reply, room } = chat.read(function* (at) {
    return { reply: yield* read(at, asked), room: (yield* findMembership(at, asked)).room }
  })
  const { seq, epoch } = chat.headOf(room)
  return { ...reply, as_of: seq, epoch }
}

function showTyping(chat: ChatNow, user: UserRow, data: Fields): void {
  const { room } = chat.read((at) => findMembership(at, { user: user.key, data }))
  const is_typing = readBoolean(data, 'is_typing')
  const shown = { room_id: room.body.id, user: viewUser(user), is_typing }
  chat.pass(room, roomFrame(room, 'typing_indicator', shown))
}
