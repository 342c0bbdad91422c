/** What the transport's tests share: a manager in a fake environment, and a channel that writes down what it hears. */
import {
  createFakeEnvironment,
  type FakeEnvironmentOptions,
  type FakeSocket,
} from '../../src/testing/fakeEnvironment.ts'
import {
  type ChannelSignal,
  type ChannelSpec,
  type Cursor,
  createWebSocketManager,
  type InspectorEvent,
  type LiveError,
  type WebSocketManager,
  type WebSocketManagerOptions,
} from '../../src/transport/index.ts'

export const accept = (socket: FakeSocket) => socket.accept()

export function setup(
  options: WebSocketManagerOptions = {},
  onSocket: (socket: FakeSocket) => void = accept,
  fakeOptions: FakeEnvironmentOptions = {},
) {
  const fake = createFakeEnvironment({ onSocket, ...fakeOptions })
  const errors: LiveError[] = []
  const manager = createWebSocketManager({
    url: 'wss://api.example.com',
    endpoint: '/ws/',
    reconnect: { jitter: 0 },
    debug: false,
    environment: fake.environment,
    onError: (error) => errors.push(error),
    ...options,
  })
  const log: InspectorEvent[] = []
  manager.inspect((event) => log.push(event))
  const open = async () => {
    manager.connect()
    await fake.flush()
    return fake.socket()
  }
  return { ...fake, manager, errors, log, open }
}

export function listen(manager: WebSocketManager, spec: Partial<ChannelSpec> = {}, cursor?: Cursor) {
  const signals: ChannelSignal[] = []
  const channel = manager.port.open(
    { key: { room_id: 7 }, subscribe: true, ...spec },
    { cursor: () => cursor, onSignal: (signal) => signals.push(signal) },
  )
  return { signals, channel }
}

/** The frames of one type, as the server got them. */
export const sentOf = (socket: FakeSocket, type: string) =>
  socket.frames.filter((frame) => frame.type === type)

export const typesOf = (socket: FakeSocket) => socket.frames.map((frame) => frame.type)

export function reply(socket: FakeSocket, type: string, data: unknown): void {
  socket.receive({ type: 'response', reply_to: sentOf(socket, type).at(-1)?.id, data })
}

/** A promise's outcome, looked at later. */
export function watch<T>(promise: Promise<T>) {
  const outcome: { value?: T; error?: LiveError; isSettled: boolean } = { isSettled: false }
  promise.then(
    (value) => Object.assign(outcome, { value, isSettled: true }),
    (error: LiveError) => Object.assign(outcome, { error, isSettled: true }),
  )
  return outcome
}

export function createJwt(claims: Readonly<Record<string, unknown>>): string {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${encode({ alg: 'none' })}.${encode(claims)}.signature`
}
