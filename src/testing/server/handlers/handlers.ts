/** Every frame type a client may send, and who serves it. `auth` is served by the connection itself. */
import type { Handler } from '../hub.ts'
import { getHistory, getMembers, getRooms } from './historyHandlers.ts'
import { addReaction, deleteMessage, editMessage, removeReaction, sendMessage } from './messageHandlers.ts'
import { markUnread, ping, readReceipt, typingIndicator } from './presenceHandlers.ts'
import { joinRoom, leaveRoom, subscribeRoom, sync, unsubscribeRoom } from './roomHandlers.ts'

export const HANDLERS: Readonly<Record<string, Handler>> = {
  ping,
  chat_message: sendMessage,
  edit_message: editMessage,
  delete_message: deleteMessage,
  add_reaction: addReaction,
  remove_reaction: removeReaction,
  typing_indicator: typingIndicator,
  read_receipt: readReceipt,
  mark_unread: markUnread,
  get_rooms: getRooms,
  get_history: getHistory,
  get_members: getMembers,
  subscribe_room: subscribeRoom,
  unsubscribe_room: unsubscribeRoom,
  join_room: joinRoom,
  leave_room: leaveRoom,
  sync,
}
