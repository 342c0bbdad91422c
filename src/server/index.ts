/** `querywire/server`: a back end for the clients of a protocol. Nothing of it belongs into a client. */

export type { Bus, BusNotice } from './bus.ts'
export { localBus } from './bus.ts'
export { chatServer } from './chat/chatServer.ts'
export type { JoinedRoom, RoomSeed, UserOrId } from './chat/domain/members.ts'
export type { NewRoom } from './chat/domain/newRoom.ts'
export type { ChatLimits } from './chat/limits.ts'
export type {
  ChatServer,
  ChatServerOptions,
  ChatWriter,
  PostedMessage,
  WrittenMessage,
} from './chat/options.ts'
export type {
  ChatAttachment,
  ChatMessage,
  ChatReaction,
  ChatRoomKind,
  ChatUser,
  ChatWritingStatus,
} from './chat/wire.ts'
export type { LiveServer, LiveWork, PluggedServerOptions, Publish } from './createLiveServer.ts'
export { createLiveServer } from './createLiveServer.ts'
export type { ServerEnvironment } from './environment.ts'
export type { AttachOptions } from './node/attachToNode.ts'
export type { SqliteHandle } from './node/optionalTypes.ts'
export type { IoRedisClient, NodeRedisClient, RedisBusOptions } from './node/redisBus.ts'
export { redisBus } from './node/redisBus.ts'
export type {
  Authentication,
  ChannelAccess,
  ChannelKey,
  LiveServerEvent,
  LiveServerLimits,
  LiveServerOptions,
  LiveUser,
  Published,
  RequestContext,
  RequestHandlers,
} from './options.ts'
export type { ErrorBody, RequestErrorCode } from './requestError.ts'
export { RequestError } from './requestError.ts'
export type { CloseOptions } from './serving/draining.ts'
export type {
  Admission,
  LiveConnection,
  LiveHost,
  LivePlugin,
  PluginHandler,
  PluginParts,
  PluginRequest,
} from './session/plugin.ts'
export type { AcceptedSocket, ServerRequest, ServerSocket } from './socket.ts'
export type {
  Committed,
  EventText,
  Head,
  LoggedEvent,
  Missed,
  Once,
  SnapshotRead,
  Store,
  StoreLimits,
  Transaction,
} from './store.ts'
export { ConflictError } from './store.ts'
export type { MemoryStore, MemoryStoreOptions } from './stores/memoryStore.ts'
export { memoryStore } from './stores/memoryStore.ts'
export type { MemoryTables } from './stores/memoryTables.ts'
export type { PostgresQueries } from './stores/postgresLog.ts'
export type { PostgresClient, PostgresPool, PostgresStoreOptions } from './stores/postgresStore.ts'
export { postgresStore } from './stores/postgresStore.ts'
export type { SqliteStoreOptions } from './stores/sqliteStore.ts'
export { sqliteStore } from './stores/sqliteStore.ts'
