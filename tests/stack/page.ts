/** One page: a chat, a QueryClient, rooms on screen, and the session of the browser it is in. */
import {
  dehydrate,
  hydrate,
  InfiniteQueryObserver,
  MutationObserver,
  type MutationObserverOptions,
  notifyManager,
  QueryClient,
  QueryObserver,
} from '@tanstack/react-query'
import {
  type Chat,
  type ChatAttachment,
  type ChatMessage,
  type ChatRoom,
  createChat,
  type SendVariables,
} from '../../src/chat/index.ts'
import { shouldDehydrateMutation } from '../../src/query/index.ts'
import { createRandom } from '../../src/testing/server/random.ts'
import type { EnvironmentSignal } from '../../src/transport/environment.ts'
import { checkView, createViewMemory, type Via, type ViewMemory } from './moment.ts'
import { cut, type Frame, type Line } from './wire.ts'
import { isMember, PAGE_SIZE, pick, type Sent, typistOf, type World } from './world.ts'

const ignore = () => undefined
const ROOMS = 'rooms'

export interface Session {
  user: string | null
  /** The user changed and nobody told the page. */
  isSilent: boolean
}

export interface PageOptions {
  readonly user: string
  readonly roomIds: readonly string[]
  readonly saved?: string
  readonly like?: Page
}

interface Traits {
  readonly isCookie: boolean
  readonly hasRoomEndpoints: boolean
  readonly retry: number
  readonly isAsyncOnMutate: boolean
  readonly isAsyncOnSuccess: boolean
  /** Of a token; `undefined`: it never ends. */
  readonly ttlMs: number | undefined
  readonly slowTokensMs: number
  readonly toldLevel: boolean
  readonly heartbeatMs: number
}

export interface View {
  readonly roomId: string
  stop: () => void
  observer: InfiniteQueryObserver | undefined
  memory: ViewMemory
  /** Level 0: ids of messages that came in while they could be shown. */
  readonly heard: Set<string>
}

export interface Page {
  readonly name: string
  readonly world: World
  readonly traits: Traits
  readonly session: Session
  readonly lines: Set<Line>
  readonly net: { dial: 'ok' | 'fails' | 'hole'; upMs: number; downMs: number; historyMs: number }
  readonly chat: Chat
  queryClient: QueryClient
  readonly views: Map<string, View>
  rooms: QueryObserver | undefined
  stopRooms: () => void
  isGone: boolean
  /** Something was done to it after which an application has to connect again by itself. */
  isHarsh: boolean
  wasSignedOut: boolean
  /** Since when it knows who is signed in. */
  userSince: number
  /** Rooms that the signed-in user was in at some time since. */
  readonly wasIn: Set<string>
  savedBefore:
    | { readonly store: string; readonly user: string | undefined; readonly wasIn: ReadonlySet<string> }
    | undefined
  believed(): string | undefined
  /** Changes with everybody who comes and goes. */
  era(): string
  typist(): string | undefined
  cookieToken(): string | undefined
  emit(signal: EnvironmentSignal): void
  heard(frame: Frame | readonly Frame[], path: string): void
  rows(roomId: string): readonly ChatMessage[] | undefined
  roomList(): readonly ChatRoom[] | undefined
  status(roomId: string): string
  mount(target: string): void
  unmount(target: string): void
  send(text: string, roomId: string): Sent
  save(): string
  /** As a tab that is closed, or a process that is killed. */
  kill(): void
}

const part = (value: object) => btoa(JSON.stringify(value))
const tokenOf = (user: string, exp?: number) =>
  `${part({ alg: 'none' })}.${part({ sub: user, username: user, ...(exp !== undefined && { exp }) })}.`

function drawTraits({ random, kinds, level }: World): Traits {
  const chance = (isOn: boolean, probability: number) => random() < probability && isOn
  return {
    isCookie: chance(kinds.cookies, 0.3),
    hasRoomEndpoints: chance(kinds.roomEndpoints, 0.3),
    retry: chance(kinds.mutationRetry, 0.2) ? 3 : 0,
    isAsyncOnMutate: chance(kinds.asyncOnMutate, 0.15),
    isAsyncOnSuccess: chance(kinds.asyncOnSuccess, 0.15),
    ttlMs: chance(kinds.tokens, 0.3) ? 40_000 + random() * 60_000 : undefined,
    slowTokensMs: chance(kinds.tokens, 0.2) ? 20 + random() * 500 : 0,
    toldLevel: chance(level === 0, 0.3),
    heartbeatMs: random() < 0.3 ? 5_000 : 30_000,
  }
}

let names = 0
export const resetNames = () => {
  names = 0
}

export function openPage(world: World, { user, roomIds, saved, like }: PageOptions): Page {
  const { fake, level } = world
  const name = `p${++names}`
  const traits = like?.traits ?? drawTraits(world)
  const session: Session = { user, isSilent: false }
  const listeners = new Set<(signal: EnvironmentSignal) => void>()
  let ids = 0
  const alive = (run: () => void) => () => {
    if (!page.isGone) run()
  }
  const environment = {
    ...fake.environment,
    random: createRandom(world.seed * 100 + names),
    createId: () => `${name}-${++ids}`,
    setTimer: (run: () => void, delayMs: number) => fake.environment.setTimer(alive(run), delayMs),
    requestFrame: (run: () => void) => fake.environment.requestFrame(alive(run)),
    createSocket: (url: string, protocols: readonly string[]) => {
      const socket = fake.environment.createSocket(url, protocols)
      owners.set(socket, page)
      return socket
    },
    isOnline: () => true,
    subscribe: (listener: (signal: EnvironmentSignal) => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
  const token = () => tokenSource(world, page)
  const chat = createChat({
    url: 'ws://localhost:9000',
    ...(traits.hasRoomEndpoints ? {} : { endpoint: '/ws/' }),
    ...(traits.isCookie
      ? level === 0
        ? {
            currentUser: () =>
              session.user === null ? undefined : { id: session.user, username: session.user },
          }
        : {}
      : { tokenManager: { getAccessToken: () => token(), refreshAccessToken: () => token() } }),
    ...(traits.toldLevel ? { level } : {}),
    heartbeat: { intervalMs: traits.heartbeatMs },
    reconnect: { jitter: 0.2 },
    debug: false,
    pageSize: PAGE_SIZE,
    environment,
    upload: (file) => upload(page, file),
  })
  const page: Page = {
    name,
    world,
    traits,
    session,
    lines: new Set(),
    net: { dial: 'ok', upMs: 0, downMs: 0, historyMs: 0 },
    chat: chat as unknown as Chat,
    queryClient: new QueryClient({ defaultOptions: { mutations: { retry: traits.retry, retryDelay: 200 } } }),
    views: new Map(roomIds.map((id) => [id, createView(id)])),
    rooms: undefined,
    stopRooms: ignore,
    isGone: false,
    isHarsh: false,
    wasSignedOut: false,
    userSince: 0,
    wasIn: new Set(),
    savedBefore: undefined,
    believed: () => {
      const id = chat.currentUser()?.id
      return id === undefined ? undefined : String(id)
    },
    era: () => JSON.stringify([chat.manager.port.identity?.era, chat.manager.port.identity?.who]),
    typist: () => typist(page),
    cookieToken: () => (traits.isCookie && session.user !== null ? tokenOf(session.user) : undefined),
    emit(signal) {
      for (const listener of [...listeners]) listener(signal)
    },
    heard: (frame, path) => hear(page, Array.isArray(frame) ? frame : [frame as Frame], path),
    rows: (roomId) => rowsOf(page, roomId),
    roomList: () =>
      page.queryClient.getQueryData<readonly ChatRoom[]>(chat.rooms().queryKey as readonly unknown[]),
    status: (roomId) => chat.live.status(page.queryClient, chat.messages(roomId).queryKey).status,
    mount: (target) => mount(page, target),
    unmount: (target) => unmount(page, target),
    send: (text, roomId) => send(page, text, roomId),
    save: () => JSON.stringify(dehydrate(page.queryClient, { shouldDehydrateMutation })),
    kill() {
      page.isGone = true
      listeners.clear()
      cut(world, page, { lagMs: world.random() < 0.5 ? 0 : 1_000, isDelivered: world.random() < 0.5 })
    },
  }
  if (saved !== undefined) hydrate(page.queryClient, JSON.parse(saved))
  if (world.isVerbose)
    chat.manager.inspect((event) =>
      console.log(`      ${fake.clock.now()} ${name} · ${JSON.stringify(event).slice(0, 220)}`),
    )
  chat.live.connect(page.queryClient)
  chat.start()
  let known = user
  chat.store.subscribe(() => {
    const now = page.believed()
    if (now === undefined || now === known) return
    known = now
    userChanged(page)
  })
  page.queryClient.getQueryCache().subscribe((event) => {
    if (event.type !== 'updated' || page.isGone) return
    const [, definition, params] = event.query.queryKey as readonly [unknown, unknown, { roomId?: string }?]
    const view = definition === 'chat.messages' ? page.views.get(String(params?.roomId)) : undefined
    if (view && world.kinds.everyWrite) look(page, view, 'write')
  })
  userChanged(page)
  world.pages.push(page)
  for (const target of [...roomIds, ROOMS]) mount(page, target)
  return page
}

export const owners = new WeakMap<object, Page>()

const createView = (roomId: string): View => ({
  roomId,
  stop: ignore,
  observer: undefined,
  memory: createViewMemory(),
  heard: new Set(),
})

async function tokenSource({ fake, random }: World, { session, traits }: Page): Promise<string | null> {
  if (traits.slowTokensMs > 0)
    await new Promise<void>(
      (resolve) => void fake.environment.setTimer(resolve, traits.slowTokensMs * random()),
    )
  const { ttlMs } = traits
  if (session.user === null) return null
  return tokenOf(session.user, ttlMs && Math.ceil((fake.environment.wallNow() + ttlMs) / 1000))
}

function typist(page: Page): string | undefined {
  const { session } = page
  const believed = page.believed()
  // While new credentials are looked into, what is typed is theirs whom these name.
  const isInDoubt = page.chat.manager.port.identity?.isSure === false
  if (session.isSilent && (isInDoubt || believed === session.user)) session.isSilent = false
  return (session.isSilent ? believed : session.user) ?? undefined
}

function userChanged(page: Page): void {
  const { world } = page
  page.userSince = world.fake.clock.now()
  page.wasIn.clear()
  for (const roomId of page.views.keys())
    if (isMember(world, roomId, page.believed() ?? page.session.user)) page.wasIn.add(roomId)
  for (const view of page.views.values()) {
    view.memory = createViewMemory()
    view.heard.clear()
  }
}

/** Level 0: what a query that has data must show from then on. */
function hear(page: Page, frames: readonly Frame[], path: string): void {
  for (const { type, message } of frames) {
    const roomId = (message as { room_id?: string } | undefined)?.room_id
    const view = type === 'chat_message' ? page.views.get(String(roomId)) : undefined
    const isOwnLine = !page.traits.hasRoomEndpoints || path.includes(`/${roomId}/`)
    if (view?.observer && message && isOwnLine && rowsOf(page, view.roomId)) view.heard.add(message.id)
  }
}

function rowsIn(data: unknown): readonly ChatMessage[] | undefined {
  const pages = (data as { pages?: readonly { items: readonly ChatMessage[] }[] } | undefined)?.pages
  return pages?.toReversed().flatMap(({ items }) => items)
}

function rowsOf({ chat, queryClient }: Page, roomId: string): readonly ChatMessage[] | undefined {
  return rowsIn(queryClient.getQueryData(chat.messages(roomId).queryKey as readonly unknown[]))
}

function look(page: Page, view: View, via: Via): void {
  if (page.isGone || !view.observer) return
  const rows = via === 'write' ? rowsOf(page, view.roomId) : rowsIn(view.observer.getCurrentResult().data)
  checkView(page, view, { rows, via })
}

function mount(page: Page, target: string): void {
  const { chat, queryClient, views } = page
  if (target === ROOMS) {
    if (page.rooms) return
    const observer = new QueryObserver(queryClient, chat.rooms() as never)
    page.rooms = observer
    page.stopRooms = observer.subscribe(ignore)
    return
  }
  const view = views.get(target)
  if (!view || view.observer) return
  const observer = new InfiniteQueryObserver(queryClient, chat.messages(target) as never)
  view.memory = createViewMemory()
  view.observer = observer
  // As `useQuery` does: one render for all that a batch has changed.
  view.stop = observer.subscribe(notifyManager.batchCalls(() => look(page, view, 'render')))
}

function unmount(page: Page, target: string): void {
  if (target === ROOMS) {
    page.stopRooms()
    page.rooms = undefined
    return
  }
  const view = page.views.get(target)
  view?.stop()
  if (view) view.observer = undefined
}

function send(page: Page, text: string, roomId: string): Sent {
  const { world, chat, queryClient, traits } = page
  const sent: Sent = {
    text,
    author: typistOf(text),
    roomId,
    pages: new Set([page]),
    leftBy: new Set(),
    outcome: 'open',
    code: undefined,
    isForsaken: false,
    isPoison: text.includes('☠'),
  }
  world.sent.push(sent)
  const variables = asAnswer(page, roomId, withFiles(world, text))
  const sending =
    traits.isAsyncOnMutate || traits.isAsyncOnSuccess
      ? slowSend(page, variables, roomId)
      : chat.sendMessage.start(queryClient, variables, { roomId })
  sending.then(
    () => {
      if (!page.isGone) sent.outcome = 'done'
    },
    (error: { code?: string }) => {
      if (page.isGone) return
      sent.outcome = 'failed'
      sent.code = String(error.code ?? error)
    },
  )
  return sent
}

/** By a chance of its own: a schedule without files takes the same course. */
function withFiles({ kinds, seed, level, typed }: World, text: string): SendVariables {
  const random = createRandom(seed * 10_000 + level * 1_000 + typed)
  if (!kinds.files || random() > 0.15) return text
  const count = random() < 0.3 ? 2 : 1
  return { content: text, files: Array.from({ length: count }, () => new File([text], text)) }
}

/** Of something that has no name yet, by a chance of its own; and now and then one changes one's mind about its files. */
function asAnswer(page: Page, roomId: string, variables: SendVariables): SendVariables {
  const { world, chat } = page
  const { kinds, seed, level, typed, fake } = world
  const random = createRandom(seed * 10_000 + level * 1_000 + typed + 500_000_000)
  const unnamed = (rowsOf(page, roomId) ?? []).flatMap(({ id, local }) => (local ? [{ id, local }] : []))
  const target = pick(random, unnamed)
  if (!kinds.editsOfUnsent || level === 0 || !target || random() > 0.4) return variables
  if (kinds.files && random() < 0.3)
    fake.environment.setTimer(() => void (page.isGone || chat.cancelUpload(target.local.key)), random() * 800)
  const draft = typeof variables === 'string' ? { content: variables } : variables
  return { ...draft, reply_to_id: target.id }
}

/** Judged as it begins: nobody else's. It takes no notice of being ended, as applications do. */
async function upload(
  { world, name, believed }: Page,
  { name: text, size, type }: File,
): Promise<ChatAttachment> {
  const { fake, report } = world
  const random = createRandom(world.seed * 10_000 + fake.clock.now())
  const who = believed()
  if (who !== undefined && who !== typistOf(text))
    report('upload-of-other-user', `${name}: "${text}" goes up while ${who} is here`)
  await new Promise<void>((resolve) => void fake.environment.setTimer(resolve, random() * 600))
  if (random() < 0.1) throw new Error('there is no room for it')
  return {
    id: `${text}/${fake.clock.now()}`,
    name: text,
    mime_type: type,
    size,
    url: `/files/${encodeURIComponent(text)}`,
  }
}

/** As an application that does things of its own before and after. */
function slowSend(
  { world, chat, queryClient, traits }: Page,
  sent: SendVariables,
  roomId: string,
): Promise<unknown> {
  const options = chat.sendMessage(roomId)
  const pause = (ms: number) =>
    new Promise<void>((resolve) => void world.fake.environment.setTimer(resolve, ms))
  return new MutationObserver<unknown, Error, SendVariables, { readonly clientId: string }>(queryClient, {
    ...(options as MutationObserverOptions<unknown, Error, SendVariables, { readonly clientId: string }>),
    ...(traits.isAsyncOnMutate && {
      onMutate: async (variables, context) => {
        await pause(world.random() * 20)
        return options.onMutate?.(variables, context) as never
      },
    }),
    ...(traits.isAsyncOnSuccess && { onSuccess: () => pause(50 + world.random() * 200) }),
  }).mutate(sent)
}
