/** Every frame that a client may send about a chat, but those that subscribe, and who serves it. */
import type { PluginHandler, PluginRequest } from '../../session/plugin.ts'
import { getHistory } from '../domain/history.ts'
import { isOpen, joinRoom, leaveRoom } from '../domain/members.ts'
import { deleteMessage, editMessage, sendMessage } from '../domain/messages.ts'
import { makeRoom } from '../domain/newRoom.ts'
import { react } from '../domain/reactions.ts'
import { markUnread, moveRead } from '../domain/readState.ts'
import { getMembers, getRooms } from '../domain/rooms.ts'
import { type Asked, type ChatRead, type ChatWork, ROOM_FIELD, roomChannel } from '../domain/work.ts'
import type { ChatServerOptions } from '../options.ts'
import { readId } from '../reading/fields.ts'
import { run, type Steps } from '../steps.ts'
import { keyOf } from '../tables/chatTables.ts'
import type { ChatCore } from './core.ts'
import { createTyping } from './typing.ts'
import type { Writers } from './writers.ts'

const askedIn = ({ user, data }: PluginRequest): Asked => ({ user: keyOf(user.id), data })

export type Permissions = Pick<ChatServerOptions, 'mayCreateRoom' | 'mayJoinRoom'>

export function createRequests(
  core: ChatCore,
  writers: Writers,
  { mayCreateRoom = () => true, mayJoinRoom = ({ room }) => isOpen(room) }: Permissions = {},
): Readonly<Record<string, PluginHandler>> {
  const write =
    <T extends object>(steps: (work: ChatWork, asked: Asked) => Steps<T>) =>
    (request: PluginRequest): Promise<T> =>
      request.transaction((transaction) => run(steps(core.workOn(transaction), askedIn(request))))
  /** A snapshot says where in the room's events it stands. */
  const readRoom =
    <T extends object>(steps: (read: ChatRead, asked: Asked) => Steps<T>): PluginHandler =>
    async (request) => {
      const channel = roomChannel(keyOf(readId(request.data, ROOM_FIELD)))
      const { result, heads } = await core.read([channel], (read) => steps(read, askedIn(request)))
      const head = heads.get(channel)
      return { ...result, as_of: head?.seq, epoch: head?.epoch }
    }
  return {
    chat_message: async (request) => ({ message: (await write(sendMessage)(request)).message }),
    edit_message: write(editMessage),
    delete_message: write(deleteMessage),
    stop_message: writers.stop,
    add_reaction: write((work, asked) => react(work, asked, true)),
    remove_reaction: write((work, asked) => react(work, asked, false)),
    read_receipt: async (request) => {
      const { state, receipt } = await write(moveRead)(request)
      if (receipt) core.host.broadcast(roomChannel(receipt.room.key), receipt.text)
      return state
    },
    mark_unread: async (request) => (await write(markUnread)(request)).state,
    create_room: (request) =>
      write((work, asked) => makeRoom(work, asked, (room) => mayCreateRoom({ user: request.user, room })))(
        request,
      ),
    join_room: (request) =>
      write((work, asked) => joinRoom(work, asked, (room) => mayJoinRoom({ user: request.user, room })))(
        request,
      ),
    leave_room: write(leaveRoom),
    get_rooms: async (request) => (await core.read([], (read) => getRooms(read, askedIn(request)))).result,
    get_history: readRoom(getHistory),
    get_members: readRoom(getMembers),
    typing_indicator: createTyping(core),
  }
}
