/** All of a chat's queries and mutations, each as options for the plain TanStack hooks. */
import type { LiveQueryOptions } from '../../query/index.ts'
import { type ChatTypes, type Id, type ReadState, sameId } from './data/types.ts'
import { defineDeleteMessage } from './messages/deleteMessage.ts'
import { defineEditMessage } from './messages/editMessage.ts'
import { defineMessages } from './messages/messages.ts'
import { defineReact } from './messages/react.ts'
import { defineSendMessage, type Messages } from './messages/sendMessage.ts'
import { defineStopMessage } from './messages/stopMessage.ts'
import { defineMembers } from './people/members.ts'
import { definePresence, type PresenceBook } from './people/presence.ts'
import { defineTyping } from './people/typing.ts'
import { defineMarkRead } from './readState/markRead.ts'
import { defineMarkUnread } from './readState/markUnread.ts'
import { readStateIn } from './readState/readState.ts'
import { defineCreateRoom } from './rooms/createRoom.ts'
import { defineJoinRoom } from './rooms/joinRoom.ts'
import { defineLeaveRoom } from './rooms/leaveRoom.ts'
import { defineRooms, type Rooms } from './rooms/rooms.ts'
import type { ChatContext } from './session/context.ts'
import { createRoomParams, perRoom } from './session/roomParams.ts'

export function defineAll<T extends ChatTypes>(own: ChatContext<T>, book: PresenceBook) {
  // What is read has the application's types; what writes knows the fields it needs.
  const context = own as unknown as ChatContext
  const messages = defineMessages(own)
  const rooms = defineRooms(own)
  const members = defineMembers(own)
  const typing = defineTyping(context)
  const paramsOf = createRoomParams()
  const presence = definePresence(context, book)
  const written = messages as unknown as Messages
  const writtenRooms = rooms as unknown as Rooms
  const sendMessage = defineSendMessage(context, written)
  const editMessage = defineEditMessage(context, written, sendMessage)
  const deleteMessage = defineDeleteMessage(context, written, sendMessage)
  return {
    rooms: () => rooms(),
    room: (roomId: Id): LiveQueryOptions<readonly T['room'][], T['room'] | undefined> => ({
      ...rooms(),
      select: (all) => all.find(({ id }) => sameId(id, roomId)),
    }),
    messages: (roomId: Id, window?: { around?: Id | undefined; pageSize?: number | undefined }) =>
      // One that the server has no name for yet is at the end.
      messages(
        paramsOf(roomId),
        window && { ...window, around: window.around && own.names.known(window.around) },
      ),
    members: (roomId: Id) => members(paramsOf(roomId)),
    /** Unread and mention counts and the pointer, as the server says them. */
    readState: (roomId: Id): LiveQueryOptions<readonly T['room'][], ReadState> => ({
      ...rooms(),
      select: (all) => readStateIn(all, roomId),
    }),
    typing: (roomId: Id) => typing(paramsOf(roomId)),
    presence: (userIds: readonly Id[]) => presence({ userIds }),
    sendMessage: perRoom(sendMessage, paramsOf),
    /** Ends the upload of a message that is being sent, by its `local.key`: it has failed then. False: none is under way. */
    cancelUpload: sendMessage.cancelUpload,
    editMessage: perRoom(editMessage, paramsOf),
    deleteMessage: perRoom(deleteMessage, paramsOf),
    /** Ends one that is still being written. */
    stopMessage: perRoom(defineStopMessage(context, written), paramsOf),
    react: perRoom(defineReact(context, written), paramsOf),
    markRead: perRoom(defineMarkRead(context, writtenRooms), paramsOf),
    /** From this message on, for oneself. */
    markUnread: perRoom(defineMarkUnread(context, writtenRooms), paramsOf),
    createRoom: defineCreateRoom(context, writtenRooms),
    joinRoom: defineJoinRoom(context, writtenRooms),
    leaveRoom: defineLeaveRoom(context, writtenRooms),
  }
}
