/** `querywire/testing`: a chat back end in memory, its mounts, and an environment that a test moves by hand. */

export { RequestError } from '../server/requestError.ts'
export type { Finding, FindingKind } from './conformance/audit.ts'
export type {
  ConformanceBackEnd,
  ConformanceItem,
  ConformanceLevel,
  ConformanceNetwork,
  ConformanceParts,
  ConformanceServer,
  ConformanceState,
  ConformanceTopic,
} from './conformance/backEnd.ts'
export type {
  FailedSchedule,
  LiveConformanceOptions,
  LiveConformanceReport,
} from './conformance/checkLiveConformance.ts'
export { checkLiveConformance } from './conformance/checkLiveConformance.ts'
export type { FakeEnvironment, FakeEnvironmentOptions, FakeSocket } from './fakeEnvironment.ts'
export { createFakeEnvironment } from './fakeEnvironment.ts'
export { mountOnFakeSockets } from './mountOnFakeSockets.ts'
export type { Mountable } from './mountOnMsw.ts'
export { mountOnMsw } from './mountOnMsw.ts'
export type { NodeMount, NodeMountOptions } from './mountOnNode.ts'
export { mountOnNode } from './mountOnNode.ts'
export type { Authenticate, AuthResult } from './server/authentication.ts'
export type { ChatServer, ChatServerOptions } from './server/chatServer.ts'
export { createChatServer } from './server/chatServer.ts'
export type { ServerClock } from './server/clock.ts'
export type { Faults, RestartOptions } from './server/faultControls.ts'
export type { Rejection } from './server/faults.ts'
export type { ChatServerEvent, CustomHandler } from './server/hub.ts'
export type { ServerLimits } from './server/limits.ts'
export type { InjectedMessage } from './server/operator.ts'
export type { MemberRecord, MessageRecord, RoomRecord, UserRecord } from './server/records.ts'
export type { MessageSeed, RoomSeed, UserSeed } from './server/seeds.ts'
export type { AcceptedConnection, ServerConnection } from './server/session.ts'
export type { ChatServerState, ConnectionSnapshot, RoomSnapshot } from './server/snapshotState.ts'
export type { ChatStore, StoreChange, StoredChat, StoredRoom } from './server/store.ts'
export type {
  ChatLevel,
  Member,
  Message,
  Reaction,
  Room,
  RoomKind,
  ServerFrame,
  User,
} from './server/wire.ts'
