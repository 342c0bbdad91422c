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
export type { AcceptedConnection, ChatServerEvent, ServerConnection } from './server/connection.ts'
export type { CustomHandler } from './server/createKit.ts'
export type { ServerLimits } from './server/limits.ts'
export type { Faults, RestartOptions } from './server/line/faultControls.ts'
export type { Rejection } from './server/line/faults.ts'
export type { InjectedMessage } from './server/operator/operator.ts'
export type {
  ChatServerState,
  ConnectionSnapshot,
  MemberRecord,
  RoomSnapshot,
} from './server/operator/snapshotState.ts'
export type { MessageSeed, RoomSeed, UserSeed } from './server/seeds.ts'
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
