export { Attachment, Member, Message, Reaction, Room, User } from '../frames/index.ts'
export { type Chat, type ChatOptions, type ChatSettings, createChat } from './createChat.ts'
export { extend } from './model/data/fit.ts'
export type {
  BaseMessage,
  ChatAttachment,
  ChatLevel,
  ChatMember,
  ChatMessage,
  ChatReaction,
  ChatRegister,
  ChatRoom,
  ChatSchemas,
  ChatTypes,
  ChatUser,
  Id,
  LocalState,
  Presence,
  PresenceStatus,
  ReadState,
  Row,
  Typer,
  Upload,
} from './model/data/types.ts'
export { attachmentUrl } from './model/messages/attachmentUrl.ts'
export { isStreaming } from './model/messages/isStreaming.ts'
export { keyOf } from './model/messages/messages.ts'
export type { ReactResult, ReactVariables } from './model/messages/react.ts'
export type { MessageDraft, SendVariables } from './model/messages/sendMessage.ts'
export type { NewRoom } from './model/rooms/createRoom.ts'
export type { ChatState } from './model/session/context.ts'
export type { RoomParams } from './model/session/roomParams.ts'
export { ChatProvider, type ChatProviderProps } from './react/ChatProvider.tsx'
export { useReaders } from './react/reading/useReaders.ts'
export { useChat } from './react/useChat.ts'
export { type UseChatRoomsResult, useChatRooms } from './react/useChatRooms.ts'
export {
  type UseChatWebSocketOptions,
  type UseChatWebSocketResult,
  useChatWebSocket,
} from './react/useChatWebSocket.ts'
export { type UseConnectionIndicatorResult, useConnectionIndicator } from './react/useConnectionIndicator.ts'
export { useDraft } from './react/useDraft.ts'
export { type MessagesWindow, type UseMessagesResult, useMessages } from './react/useMessages.ts'
export { usePresence } from './react/usePresence.ts'
export { type UseReadStateOptions, type UseReadStateResult, useReadState } from './react/useReadState.ts'
export { type UseSendMessageResult, useSendMessage } from './react/useSendMessage.ts'
export { type UseTypingResult, useTyping } from './react/useTyping.ts'
