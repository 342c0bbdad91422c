/** `createChat`: rooms, messages, read state, typing and presence as TanStack options over one manager. */
import { createStore } from 'zustand/vanilla'
import { Member, Message, Room } from '../frames/index.ts'
import { createLive, type Live, type Mistake } from '../query/index.ts'
import {
  createWebSocketManager,
  type Protocol,
  type UntypedProtocol,
  type WebSocketManager,
  type WebSocketManagerOptions,
} from '../transport/index.ts'
import { quick } from './model/data/fit.ts'
import {
  type ChatLevel,
  type ChatSchemas,
  type ChatTypes,
  type Completed,
  type Id,
  sameId,
  type Upload,
} from './model/data/types.ts'
import { defineAll } from './model/definitions.ts'
import { forgetFormer, listen } from './model/listen.ts'
import { MESSAGES } from './model/messages/messages.ts'
import { MEMBERS } from './model/people/members.ts'
import { createPresenceBook } from './model/people/presence.ts'
import { ROOMS } from './model/rooms/rooms.ts'
import { type ChatContext, type ChatEndpoints, nobodysState, withContext } from './model/session/context.ts'
import { type CurrentUser, userGiven } from './model/session/currentUser.ts'
import { forgetDrafts, isWellFormed } from './model/session/drafts.ts'
import { createLevel } from './model/session/level.ts'
import { createMembership } from './model/session/membership.ts'
import { createNames } from './model/session/names.ts'

export interface ChatSettings<T extends Partial<ChatTypes> = ChatTypes> {
  /** Who is signed in. @default the token's claims (`sub` or `user_id`; `username` or `name`) */
  readonly currentUser?: CurrentUser | undefined
  /**
   * `room`: an endpoint per room. `rooms`: where the room list lives.
   * @default the manager's `endpoint` for everything; without one `/ws/chat/<roomId>/` and `/ws/chat/`
   */
  readonly endpoints?: { readonly rooms?: string; readonly room?: (roomId: Id) => string } | undefined
  readonly schemas?: ChatSchemas<T> | undefined
  /** For several chats in one QueryClient: put in front of the names of their queries. @default none */
  readonly scope?: string | undefined
  /** Messages per page. @default 50 */
  readonly pageSize?: number | undefined
  /** Characters a message may have. @default 4000 */
  readonly maxLength?: number | undefined
  /**
   * Brings the `files` of a message to where files are kept. It runs when the message can be sent, for its author only, and those
   * behind it wait.
   *
   * @default none: files are refused
   */
  readonly upload?: Upload | undefined
  /** Whose stored cache `signOut` removes: the persister that is given to `persistQueryClient`. */
  readonly persister?: { removeClient(): void | Promise<void> } | undefined
  /** What the back end offers. @default found out from what it answers */
  readonly level?: ChatLevel | undefined
}

type ManagerSource<P extends Protocol> =
  | (WebSocketManagerOptions<P> & { readonly manager?: undefined })
  | ({ readonly manager: WebSocketManager<P> } & {
      readonly [Name in keyof WebSocketManagerOptions]?: Mistake<'The manager has this: leave it out here'>
    })

export type ChatOptions<
  T extends Partial<ChatTypes> = ChatTypes,
  P extends Protocol = UntypedProtocol,
> = ChatSettings<T> & ManagerSource<P>

export type Chat<T extends Partial<ChatTypes> = ChatTypes> = ReturnType<typeof createChat<T>>

/**
 * Everything a chat needs, as options for plain TanStack hooks.
 *
 * @example
 * ```ts
 * const chat = createChat({ url: 'wss://api.example.com', tokenManager })
 * const { data } = useInfiniteQuery(chat.messages(roomId))
 * const { mutate } = useMutation(chat.sendMessage(roomId))
 * ```
 */
export function createChat<
  // biome-ignore lint/complexity/noBannedTypes: no type of one's own
  T extends Partial<ChatTypes> = {},
  P extends Protocol = UntypedProtocol,
>(options: ChatOptions<T, P>) {
  const context: ChatContext<Completed<T>> = createContext(options, () => defined.sendMessage)
  const { manager, store, currentUser } = context
  // What is read has the application's types; the rest knows the fields it needs.
  const own = context as unknown as ChatContext
  const book = forgetFormer(own, createPresenceBook(context))
  const defined = defineAll(context, book)
  const start = shared(() => listen(own, book))
  const live = listening(context.live, start)
  const chat = {
    ...defined,
    manager,
    live,
    store,
    /** Characters a message may have, as they are counted where one is refused: an emoji is one. */
    maxLength: context.maxLength,
    /** Files can be sent: there is an `upload`. */
    takesFiles: options.upload !== undefined,
    /** Who is signed in, as far as is known; changes with `store`. */
    currentUser,
    /**
     * The token source, or the cookie, now speaks for somebody else, or for somebody again: connects as them. What is on
     * screen is loaded anew where it is another user, and what the former one had not sent stays theirs.
     */
    signIn: () => manager.reauthenticate(),
    /**
     * Ends the connections and forgets everything of whoever is signed in: live data, what was not sent, in the outbox too,
     * drafts, and what `persister` has stored. Call it before the token or the cookie goes; `signIn` comes back.
     */
    async signOut(): Promise<void> {
      const user = currentUser()
      const forgetting = live.forget()
      manager.signOut()
      if (user) forgetDrafts(user.id)
      await Promise.all([forgetting, options.persister?.removeClient()])
    },
    /** Starts to listen for who is signed in, who is there and who types, as `live.connect` does; returns what ends it. */
    start,
  }
  return withContext(chat, own)
}

function createContext<T extends Partial<ChatTypes>, P extends Protocol>(
  options: ChatOptions<T, P>,
  sends: Parameters<typeof createNames>[0],
): ChatContext<Completed<T>> {
  const manager = managerOf(options)
  const given = () => userGiven(options.currentUser)
  const live: Live = createLive({ manager, scope: options.scope, user: () => given()?.id })
  const store = createStore(nobodysState)
  const endpoints = endpointsOf(options.endpoints, manager.endpoint)
  const corrected = () => {
    for (const definition of [MESSAGES, MEMBERS, ROOMS]) live.refresh(definition)
  }
  const newLevel = () => createLevel({ port: manager.port, level: options.level, corrected })
  const level = newLevel()
  return {
    live,
    manager,
    store,
    level,
    roomsLevel: endpoints.room ? newLevel() : level,
    schemas: schemasOf(options.schemas),
    pageSize: options.pageSize ?? 50,
    maxLength: options.maxLength ?? 4_000,
    upload: options.upload,
    endpoints,
    membership: createMembership({ manager, endpoints, store }),
    names: createNames(sends, manager.port.clock),
    reporters: new WeakMap(),
    currentUser() {
      const greeted = manager.port.identity?.who.user
      const user = given()
      // The server knows better whom it takes one for.
      const isOutdated = user && greeted !== undefined && !sameId(user.id, greeted)
      return (isOutdated ? undefined : user) ?? store.getState().currentUser
    },
  }
}

function schemasOf<T extends Partial<ChatTypes>>(own: ChatSchemas<T> = {}) {
  const { message = Message, room = Room, member = Member } = own as ChatSchemas
  const schemas: ChatContext['schemas'] = {
    message: quick(message),
    room: quick(room),
    member: quick(member),
  }
  return schemas as ChatContext<Completed<T>>['schemas']
}

/** Where it is connected there may be queries of who types and who is there, and nobody who calls `start`. */
function listening(live: Live, start: () => () => void): Live {
  return {
    ...live,
    connect(queryClient) {
      const stops = [live.connect(queryClient), start()]
      return () => {
        for (const stop of stops) stop()
      }
    },
  }
}

/** Runs while anybody wants it. */
function shared(run: () => () => void): () => () => void {
  let users = 0
  let stop: (() => void) | undefined
  return () => {
    users++
    stop ??= run()
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      if (--users > 0) return
      stop?.()
      stop = undefined
    }
  }
}

/** The chat adds nothing to the protocol; whatever else it declares is the application's. */
function managerOf<P extends Protocol>(options: ManagerSource<P>): WebSocketManager {
  const manager = options.manager ?? createWebSocketManager<P>(options)
  return manager as unknown as WebSocketManager
}

function endpointsOf(given: ChatSettings['endpoints'], shared: string | undefined): ChatEndpoints {
  const perRoom =
    given?.room ??
    (shared === undefined && !given?.rooms ? (id: Id) => `/ws/chat/${segmentOf(id)}/` : undefined)
  return {
    rooms: given?.rooms ?? shared ?? '/ws/chat/',
    room: perRoom && (({ roomId }) => perRoom(roomId)),
  }
}

/** What no path can have comes out as something that is refused, with its name, where it is first used. */
function segmentOf(id: Id): string {
  const text = String(id)
  return isWellFormed(text) ? encodeURIComponent(text) || '.' : text
}
