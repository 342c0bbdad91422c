/** The public face: what accepts sockets, tells what happens, and ends. */

import { LiveError } from '../transport/errors.ts'
import type { Id } from '../transport/port.ts'
import {
  type ChannelFrames,
  defineProtocol,
  type EventName,
  entryOf,
  type Protocol,
  validate,
} from '../transport/protocol.ts'
import { eventText } from './feeds/eventText.ts'
import { type AttachOptions, attachToNode } from './node/attachToNode.ts'
import type { HttpServer } from './node/optionalTypes.ts'
import type { ChannelKey, LiveServerOptions, LiveUser, Published } from './options.ts'
import { accept } from './serving/accept.ts'
import { channelFor } from './serving/access.ts'
import { createHub } from './serving/createHub.ts'
import { type CloseOptions, closeServer } from './serving/draining.ts'
import type { AnyOptions } from './serving/hub.ts'
import { broadcast, closePlugins, startPlugins } from './serving/plugins.ts'
import { hearBus, revoke } from './serving/revoke.ts'
import { watchSilence } from './serving/silence.ts'
import { createTransactions } from './serving/transactions.ts'
import type { LivePlugin } from './session/plugin.ts'
import type { AcceptedSocket, ServerRequest, ServerSocket } from './socket.ts'

/** Tells an event of the channel `key`. */
export type Publish<P extends Protocol> = <E extends EventName<P>>(
  type: E,
  payload: Published<P, E>,
  key: ChannelKey,
) => void

export type LiveWork<P extends Protocol, Tx, Result> = (parts: {
  readonly tx: Tx
  readonly publish: Publish<P>
}) => Result | Promise<Result>

export interface LiveServer<P extends Protocol, Tx> {
  /** A socket that is open already. Whether it may be here is decided, and told it, afterwards. */
  accept(socket: ServerSocket, request: ServerRequest): AcceptedSocket
  /**
   * Takes the WebSocket upgrades of a Node server, by the package `ws`. May be called before it listens. Rejects where `ws`
   * is not installed.
   */
  attach(server: HttpServer, options?: AttachOptions): Promise<void>
  /**
   * Commits what the work does with the events that it publishes, from anywhere in the application, as `transaction` of a
   * request does.
   */
  transaction<Result>(work: LiveWork<P, Tx, Result>): Promise<Result>
  /** One event that changes nothing else in the store. Resolves when it is committed. */
  publish<E extends EventName<P>>(type: E, payload: Published<P, E>, key: ChannelKey): Promise<void>
  /**
   * An event for everybody who is connected, in all processes, kept nowhere: who is away does not hear of it. For what a client
   * reads anew when it comes back.
   *
   * @throws LiveError `invalid_params` where the payload does not fit its schema
   */
  broadcast<E extends EventName<P>>(type: E, payload: Published<P, E>): void
  /**
   * The user has no right to this channel any more: nothing of it is delivered from now on, here at once, in other processes
   * when the bus tells. Change what `channels` answers first: it is asked again.
   */
  revoke(userId: Id, key: ChannelKey): void
  /**
   * Asks everybody to go, takes nobody in, and after `graceMs` closes with 1012. Idempotent. The store and the bus are the
   * application's, and stay open.
   */
  close(options?: CloseOptions): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** With plugins, such as `chatServer()`: a protocol of one's own goes beside theirs, or is left out. */
export type PluggedServerOptions<P extends Protocol, Tx, User extends LiveUser> = Omit<
  LiveServerOptions<P, Tx, User>,
  OwnDomain
> &
  Partial<Pick<LiveServerOptions<P, Tx, User>, OwnDomain>> & { readonly plugins: readonly LivePlugin[] }

type OwnDomain = 'protocol' | 'channels' | 'requests'

/**
 * A back end for the clients of one protocol: sign-in, subscriptions, requests, a numbered log, catching up.
 *
 * @throws LiveError `misconfigured` where `channels` does not say who may have the channels of the protocol
 *
 * @example
 * ```ts
 * const live = createLiveServer({
 *   protocol,
 *   authenticate: (token) => verify(token),
 *   store: sqliteStore('app.sqlite'),
 *   channels: { board: ({ user, key }) => canRead(user, key) },
 *   requests: {
 *     get_cards: ({ key, read }) => read((tx) => ({ cards: cardsOf(tx, key) })),
 *     move_card: ({ data, transaction, publish }) =>
 *       transaction((tx) => {
 *         moveCard(tx, data)
 *         publish('card_moved', { id: data.id, column: data.column })
 *       }),
 *   },
 * })
 * await live.attach(httpServer)
 * ```
 */
export function createLiveServer<P extends Protocol, Tx, User extends LiveUser>(
  options: LiveServerOptions<P, Tx, User> | PluggedServerOptions<P, Tx, User>,
): LiveServer<P, Tx> {
  // The handlers get what the types promise: the schemas made it, or the application itself.
  const { plugins = [], ...given } = options as unknown as PluggedServerOptions<Protocol, unknown, LiveUser>
  const hub = createHub(withPlugins(given, plugins))
  startPlugins(hub, plugins)
  const stops = [hearBus(hub), watchSilence(hub)]
  const transaction = async <Result>(work: LiveWork<P, Tx, Result>) => {
    await hub.migration.own()
    const { transaction, publish } = createTransactions(hub, {})
    return (await transaction((tx) => work({ tx: tx as Tx, publish }))) as Result
  }
  let closing: Promise<void> | undefined
  const close = (how?: CloseOptions) => {
    closing ??= closeServer(hub, { ...how, stops }).then(() => closePlugins(hub))
    return closing
  }
  const take = (socket: ServerSocket, request: ServerRequest) => accept(hub, socket, request)
  return {
    accept: take,
    attach: async (server, how) => {
      stops.push(await attachToNode(server, { ...how, accept: take, maxPayload: hub.limits.messageLength }))
    },
    transaction,
    publish: (type, payload, key) => transaction(({ publish }) => publish(type, payload, key)),
    broadcast: (type, payload) => {
      const { events } = hub.options.protocol
      validate(entryOf(events, type), payload, { code: 'invalid_params', name: type })
      broadcast(hub, { text: eventText(type, {}, payload) })
    },
    revoke: (userId, key) => revoke(hub, String(userId), channelFor(hub, key).name),
    close,
    [Symbol.asyncDispose]: () => close(),
  }
}

function withPlugins(
  {
    protocol,
    channels = {},
    requests = {},
    ...given
  }: Partial<Pick<AnyOptions, OwnDomain>> & Omit<AnyOptions, OwnDomain>,
  plugins: readonly LivePlugin[],
): AnyOptions {
  const served = plugins.flatMap(({ kinds }) => kinds)
  const isServed = ({ key }: ChannelFrames) => served.some((kind) => kind.key === key)
  const own = protocol ?? defineProtocol({ channels: served })
  const ownKinds = own.kinds.filter((kind) => !isServed(kind))
  checkChannels(ownKinds, channels)
  return { ...given, protocol: { ...own, kinds: [...served, ...ownKinds] }, channels, requests }
}

function checkChannels(kinds: readonly ChannelFrames[], channels: Readonly<Record<string, unknown>>): void {
  const names = kinds.map(({ key }) => key)
  if (names.length === Object.keys(channels).length && names.every((name) => Object.hasOwn(channels, name)))
    return
  const asked = names.map((name) => `a "${name}"`).join(' and ')
  throw new LiveError('misconfigured', `channels has to say who may have ${asked}, and nothing else`)
}
