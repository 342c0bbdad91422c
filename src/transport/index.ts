export type { ReconnectOptions } from './backoff.ts'
export { type CloseAction, WebSocketCloseCode } from './closeCodes.ts'
export { type Codec, jsonCodec } from './codec.ts'
export type { ConnectionState } from './connectionMachine.ts'
export { createWebSocketManager } from './createWebSocketManager.ts'
export type { Logger } from './debugLog.ts'
export {
  type BrowserEnvironmentOptions,
  browserEnvironment,
  type Environment,
  type EnvironmentSignal,
  type Socket,
  type SocketData,
} from './environment.ts'
export { isLiveError, LiveError, type LiveErrorCode, RECOVERY, type Recovery } from './errors.ts'
export type { ForeignEntry, InspectorEvent, TransportEntry } from './inspector.ts'
export { readClaims, type TokenClaims } from './jwt.ts'
export type { ConnectionProblem } from './lossPolicy.ts'
export type {
  Channel,
  ChannelListener,
  ChannelSignal,
  ChannelSpec,
  Cursor,
  Delivery,
  Id,
  LiveEvent,
  LivePort,
  PortClock,
  PortRequestOptions,
  PortSendOptions,
} from './port.ts'
export {
  type ChannelFrames,
  defineProtocol,
  type EventName,
  type EventPayload,
  type Frame,
  type OutgoingFrame,
  type Protocol,
  payloadOf,
  type Register,
  type RegisteredProtocol,
  type RequestName,
  type RequestParams,
  type RequestResult,
  type UntypedProtocol,
} from './protocol.ts'
export type { QueueLimits } from './sendQueue.ts'
export type { HeartbeatOptions, WebSocketManagerOptions } from './settings.ts'
export { type ConnectionStatus, IDLE_STATUS, worstOf } from './summary.ts'
export type { AuthCarrier, Awaitable, IdentityListener, TokenManager } from './tokens.ts'
export type {
  EventHandler,
  Request,
  RequestOptions,
  Send,
  SendOptions,
  Subscribe,
  SubscribeOptions,
  WebSocketManager,
  WebSocketState,
} from './webSocketManager.ts'
