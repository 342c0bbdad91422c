/** The frames of docs/PROTOCOL.md, as schemas of zod: for the client, for servers, and for docs/protocol.schema.json. */
export * from './events.ts'
export * from './requests.ts'
export {
  Attachment,
  Member,
  MemberChange,
  Message,
  MessageAppended,
  MessageDeleted,
  Preview,
  Reaction,
  ReactionUpdate,
  ReadReceipt,
  Room,
  RoomRemoved,
  TypingSignal,
  UnreadUpdate,
  User,
  UserStatus,
} from './shapes.ts'
