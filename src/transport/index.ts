export type { Logger } from './context/debugLog.ts'
export type { ForeignEntry, InspectorEvent, TransportEntry } from './context/inspector.ts'
export type { TokenClaims } from './context/jwt.ts'
export type {
  HeartbeatOptions,
  QueueLimits,
  ShareTabs,
  SocketParts,
  WebSocketManagerOptions,
} from './context/settings.ts'
export type { AuthCarrier, Awaitable, IdentityListener, TokenManager } from './context/tokens.ts'
export {
  type BrowserEnvironmentOptions,
  browserEnvironment,
  type DialOrigin,
  type Environment,
  type EnvironmentSignal,
  type Socket,
  type SocketData,
} from './environment.ts'
export { isLiveError, LiveError, type LiveErrorCode, type Recovery } from './errors.ts'
export type { ReconnectOptions } from './machine/backoff.ts'
export { type CloseAction, WebSocketCloseCode } from './machine/closeCodes.ts'
export type {
  ConnectionProblem,
  ConnectionState,
  ConnectionStatus,
  WebSocketState,
} from './machine/status.ts'
export { createWebSocketManager } from './manager/createWebSocketManager.ts'
export type {
  EventHandler,
  Request,
  RequestOptions,
  Send,
  SendOptions,
  Subscribe,
  SubscribeOptions,
  WebSocketManager,
} from './manager/managerTypes.ts'
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
  type Protocol,
  type Register,
  type RegisteredProtocol,
  type RequestName,
  type RequestParams,
  type RequestResult,
  type UntypedProtocol,
} from './protocol.ts'
export { type Codec, jsonCodec } from './wire/codec.ts'
