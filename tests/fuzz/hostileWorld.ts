/**
 * One page and the reference server over fake sockets. Among what the server says stands what it never would: broken and
 * hostile messages, answers and close codes. Afterwards the line is cut once, and everything has to be as on a new page.
 */
import {
  type InfiniteData,
  InfiniteQueryObserver,
  MutationObserver,
  type MutationObserverOptions,
  QueryClient,
  QueryObserver,
} from '@tanstack/react-query'
import { type ChatMessage, type ChatRoom, createChat } from '../../src/chat/index.ts'
import { patch, remove, type TimelinePage, type, upsert } from '../../src/query/index.ts'
import { tabs } from '../../src/tabs/index.ts'
import type { FakeSocket } from '../../src/testing/fakeEnvironment.ts'
import { mountOnFakeSockets } from '../../src/testing/mountOnFakeSockets.ts'
import { createChatServer } from '../../src/testing/server/chatServer.ts'
import { createRandom, type Random } from '../../src/testing/server/random.ts'
import type { ChatLevel } from '../../src/testing/server/wire.ts'
import { isLiveError } from '../../src/transport/index.ts'
import { type Fake, inVirtualTime } from '../stack/clock.ts'
import { documented, type Hostile, hostile, type Known, pick, type Written } from './hostileText.ts'
import { createLoneBrowser } from './loneBrowser.ts'

export interface Finding {
  readonly kind: string
  readonly detail: string
}

export interface HostileRun {
  readonly seed: number
  readonly inputs: number
  readonly findings: readonly Finding[]
}

interface World {
  readonly random: Random
  readonly fake: Fake
  readonly level: ChatLevel
  readonly server: ReturnType<typeof createChatServer>
  readonly chat: ReturnType<typeof openChat>
  readonly queryClient: QueryClient
  readonly findings: Finding[]
  readonly trail: string[]
  isHostile: boolean
  /** A server without replies that said it has some is waited for, and cannot be caught up with. */
  hasLied: boolean
  report(kind: string, detail: string): void
}

const stackOf = (error: unknown) => String((error as Error)?.stack ?? error).slice(0, 600)
const ROOMS = ['general', 'den']
const ignore = () => undefined
const USERS = ['alice', 'bob', 'carol']
const cut = (text: string) => (text.length > 300 ? `${text.slice(0, 300)}… (${text.length})` : text)

interface Card {
  readonly id: string
  readonly column: string
}

/** Every other one is connected through the socket of a tab, its own. */
function openChat(fake: Fake, errors: unknown[], isShared: boolean) {
  const chat = createChat({
    url: 'ws://x',
    endpoint: '/ws/',
    tokenManager: { getAccessToken: () => 'alice' },
    environment: fake.environment,
    debug: false,
    pageSize: 5,
    onError: (error) => errors.push(error),
    ...(isShared && { shareTabs: tabs({ user: () => 'alice', browser: createLoneBrowser() }) }),
  })
  const cards = chat.live.list<Card>('cards', {
    item: type<Card>(),
    id: (card) => card.id,
    snapshot: 'get_cards',
    events: {
      card_added: upsert((event) => event as Card),
      card_moved: patch((event) => event as Card),
      card_removed: remove((event) => (event as Card).id),
    },
  })
  const count = chat.live.value<number>('count', {
    item: type<number>(),
    snapshot: 'get_count',
    events: { count: (_: unknown, event: unknown) => (event as { count: number }).count },
  } as never)
  return { ...chat, cards, count }
}

/** What the client wrote and has no answer for, as a hostile server would know it. */
const pendingIn = (socket: FakeSocket | undefined) =>
  (socket?.frames ?? []).slice(-20).flatMap(({ id }) => (typeof id === 'string' ? [id] : []))

function knownIn({ server, fake }: World): Known {
  const { rooms, epoch } = server.state()
  return {
    rooms: ROOMS,
    users: USERS,
    messages: rooms.flatMap(({ messages }) => messages.slice(-8).map(({ id }) => String(id))),
    pending: pendingIn(fake.sockets.at(-1)),
    seq: rooms[0]?.seq ?? 0,
    epoch,
  }
}

/** Fails if anything comes out of `onmessage`; a browser would report it, and drop the rest of the message. */
function give(world: World, socket: FakeSocket, data: Hostile): void {
  try {
    socket.receive(data)
  } catch (error) {
    world.report('thrown', `${stackOf(error)} on ${cut(String(data))}`)
  }
}

/** Frames that a server may send to mean that somebody else is here, or that the connection ends. */
const mayEnd = (text: string) => /welcome|auth|error/.test(text)

function injectHostile(world: World): void {
  const { random, fake, chat } = world
  const socket = fake.sockets.at(-1)
  if (socket?.readyState !== 1) return
  const mark = `mark${world.trail.length}`
  const marked = random() < 0.5
  const frames = marked ? [{ type: 'marker', data: { mark } }] : []
  let heard = false
  const stop = chat.manager.subscribe('marker' as never, (payload: unknown) => {
    if ((payload as { mark?: string }).mark === mark) heard = true
  })
  // Who is heard at all: not a socket that another one takes over from, or whose user is gone.
  if (marked) give(world, socket, JSON.stringify(frames))
  const isHeard = heard
  heard = false
  const written: Written = hostile(random, documented(random, knownIn(world)), frames)
  world.trail.push(cut(String(written.data)))
  if (world.level === 0 && /welcome|response|error|"id"|reply_to/.test(String(written.data)))
    world.hasLied = true
  give(world, socket, written.data)
  const settle = () => {
    stop()
    if (!isHeard || heard || !written.isJson || mayEnd(String(written.data))) return
    if (String(written.data).split('"marker"').length !== 2) return
    world.report('neighbour-lost', cut(String(written.data)))
  }
  // What takes long may be delivered in slices.
  if (heard) settle()
  else fake.environment.setTimer(settle, 500)
}

function answerHostile(world: World, socket: FakeSocket, text: string): void {
  const { random } = world
  let frames: unknown
  try {
    frames = JSON.parse(text)
  } catch {
    frames = text
  }
  const all = Array.isArray(frames) ? frames : [frames]
  const at = Math.floor(random() * all.length)
  const { data } = hostile(
    random,
    all[at],
    all.filter((_, other) => other !== at),
  )
  world.trail.push(`answer ${cut(String(data))}`)
  give(world, socket, data)
}

function dropHostile(world: World): void {
  const { random, fake } = world
  const codes = [
    1000, 1001, 1005, 1006, 1009, 1011, 1012, 1013, 4000, 4001, 4003, 4004, 4008, 4029, 4500, 4999,
  ]
  const reasons = [
    '',
    'x'.repeat(123),
    '{"retry_after_ms":1e308}',
    '{"retry_after_ms":-5}',
    '{"retry_after_ms":"soon"}',
    '{"retry_after_ms":4294967296}',
    '{"code":{"toString":1},"retry_after_ms":0}',
    '__proto__',
    '[[[[',
  ]
  const code = pick(random, codes)
  world.trail.push(`close ${code}`)
  try {
    fake.sockets.at(-1)?.drop(code, pick(random, reasons))
  } catch (error) {
    world.report('thrown', `${stackOf(error)} on close ${code}`)
  }
}

type Action = (world: World) => unknown

/** Typed by what it runs: an action that the chat does not know would attack nothing. */
const run = <Variables>(
  { queryClient }: World,
  options: { readonly mutationFn?: ((variables: Variables, context: never) => Promise<unknown>) | undefined },
  variables: NoInfer<Variables>,
) =>
  new MutationObserver(queryClient, options as MutationObserverOptions<unknown, Error, unknown>)
    .mutate(variables)
    .catch(ignore)

const ACTIONS: readonly Action[] = [
  ({ chat, queryClient, random }) =>
    chat.sendMessage.start(queryClient, `mine ${random()}`, { roomId: pick(random, ROOMS) }).catch(ignore),
  (world) => {
    const message_id = pick(world.random, knownIn(world).messages)
    return run(world, world.chat.react('general'), { message_id, reaction: '👍' })
  },
  (world) => {
    const message_id = pick(world.random, knownIn(world).messages)
    return run(world, world.chat.editMessage('general'), { message_id, content: 'edited' })
  },
  (world) =>
    run(world, world.chat.markRead('general'), { message_id: pick(world.random, knownIn(world).messages) }),
  ({ queryClient }) => queryClient.invalidateQueries().catch(ignore),
  ({ queryClient, chat }) =>
    queryClient.invalidateQueries({ queryKey: chat.rooms().queryKey as never }).catch(ignore),
  ({ server, random }) => server.inject(pick(random, ROOMS), { sender: 'bob', content: `bob ${random()}` }),
]

/** Everything that a page could show. */
function mount({ chat, queryClient }: World): {
  stop(): void
  observers: Record<string, InfiniteQueryObserver>
} {
  const observers: Record<string, InfiniteQueryObserver> = {}
  const stops: (() => void)[] = []
  for (const room of ROOMS) {
    const observer = new InfiniteQueryObserver(queryClient, chat.messages(room) as never)
    observers[room] = observer
    stops.push(observer.subscribe(ignore))
    for (const options of [chat.members(room), chat.typing(room)])
      stops.push(new QueryObserver(queryClient, options as never).subscribe(ignore))
  }
  for (const options of [chat.rooms(), chat.presence(USERS), chat.cards(), chat.count()])
    stops.push(new QueryObserver(queryClient, options as never).subscribe(ignore))
  stops.push(chat.live.connect(queryClient), chat.start())
  return { observers, stop: () => stops.forEach((stop) => void stop()) }
}

/** Whatever was said, what fails says so in the library's own words: any other error is one that nobody expected. */
function auditErrors({ queryClient, report }: World): void {
  const all = [...queryClient.getQueryCache().getAll(), ...queryClient.getMutationCache().getAll()]
  for (const { state, options } of all) {
    // Also where it is tried again.
    const error = 'failureReason' in state ? state.failureReason : state.fetchFailureReason
    if (error === null || isLiveError(error)) continue
    const { queryKey, mutationKey } = options as { queryKey?: unknown; mutationKey?: unknown }
    report('odd-error', `${JSON.stringify(queryKey ?? mutationKey)}: ${stackOf(error)}`)
  }
}

const textOf = (id: unknown) => typeof id === 'string' || typeof id === 'number'

/** Whatever was said, what is in the cache is what its types say. */
function auditShapes(world: World): void {
  const bad = (what: string, value: unknown) => {
    let shown = 'what has no text'
    try {
      shown = JSON.stringify(value)
    } catch {
      // Said enough.
    }
    world.report('shape', `${what}: ${cut(shown)}`)
  }
  const { queryClient, chat } = world
  for (const room of ROOMS) {
    const data = queryClient.getQueryData<InfiniteData<TimelinePage<ChatMessage>>>(
      chat.messages(room).queryKey as never,
    )
    const keys = new Set<string>()
    for (const message of data?.pages.flatMap(({ items }) => items) ?? []) {
      const { id, content, sender, room_id, timestamp } = message
      if (!textOf(id) || typeof content !== 'string' || typeof timestamp !== 'string') bad('message', message)
      else if (!textOf(sender?.id) || typeof sender.username !== 'string') bad('sender', message)
      else if (room_id !== undefined && String(room_id) !== room) bad(`message in ${room}`, message)
      if (keys.has(String(id))) bad('twice', message)
      keys.add(String(id))
    }
  }
  const rooms = queryClient.getQueryData<readonly ChatRoom[]>(chat.rooms().queryKey as never) ?? []
  for (const room of rooms) {
    if (!textOf(room.id) || typeof (room.unread_count ?? 0) !== 'number') bad('room', room)
  }
  const cards = queryClient.getQueryData<readonly Card[]>(chat.cards().queryKey as never) ?? []
  for (const card of cards) if (!textOf(card.id)) bad('card', card)
}

const PROTOTYPES = [Object.prototype, Array.prototype, String.prototype, Function.prototype, Map.prototype]
const cleanPrototypes = PROTOTYPES.map((prototype) => Reflect.ownKeys(prototype).length)

function auditPrototypes(world: World): void {
  const now = PROTOTYPES.map((prototype) => Reflect.ownKeys(prototype).length)
  if (now.join() !== cleanPrototypes.join() || 'polluted' in {}) world.report('polluted', now.join())
}

/** The line is cut, the page is asked to begin anew, and shows what the server has. */
async function recover(world: World, observers: Record<string, InfiniteQueryObserver>): Promise<void> {
  const { fake, server, chat, queryClient, level } = world
  world.isHostile = false
  server.faults.disconnectAll(1006)
  await fake.clock.advance(100)
  chat.manager.connect(undefined, { hold: false })
  await fake.clock.advance(60_000)
  if (chat.manager.store.getState().state !== 'CONNECTED') {
    chat.manager.connect(undefined, { hold: false })
    await fake.clock.advance(60_000)
  }
  queryClient.resetQueries().catch(ignore)
  await fake.clock.advance(40_000)
  const sent = chat.sendMessage.start(queryClient, 'at last', { roomId: 'general' }).then(
    () => 'sent',
    (error) => String(error),
  )
  await fake.clock.advance(30_000)
  if (world.hasLied) return
  const outcome = await Promise.race([sent, Promise.resolve('open')])
  if (outcome !== 'sent') world.report('stuck-send', outcome)
  server.inject('den', { sender: 'bob', content: 'the end' })
  await fake.clock.advance(5_000)
  const state = chat.manager.store.getState()
  if (state.state !== 'CONNECTED') world.report('stuck-connection', JSON.stringify(state).slice(0, 300))
  for (const [room, observer] of Object.entries(observers)) compare(world, room, observer)
  if (level === 0) return
  const rooms = queryClient.getQueryData<readonly ChatRoom[]>(chat.rooms().queryKey as never)
  if (
    rooms
      ?.map(({ id }) => String(id))
      .sort()
      .join() !== [...ROOMS].sort().join()
  )
    world.report('rooms', JSON.stringify(rooms?.map(({ id }) => id)))
}

function compare(
  { server, chat, queryClient, level, report }: World,
  room: string,
  observer: InfiniteQueryObserver,
) {
  const result = observer.getCurrentResult()
  const { status } = chat.live.status(queryClient, chat.messages(room).queryKey)
  if (status !== 'live' || result.fetchStatus !== 'idle' || result.status !== 'success')
    return report(
      'stuck-query',
      `${room}: ${status}, ${result.status} ${result.fetchStatus} ${String(result.error)}`,
    )
  const pages = (result.data as unknown as InfiniteData<TimelinePage<ChatMessage>>).pages
  // What failed stands behind everything, for the user to decide.
  const shown = pages.flatMap(({ items }) => items.filter(({ local }) => !local))
  const stored = server.state().rooms.find(({ id }) => id === room)?.messages ?? []
  // Without a history there is what came in since.
  const count = level === 0 ? 1 : 3
  const endOf = (messages: readonly { readonly content: string }[]) =>
    JSON.stringify(messages.slice(-count).map(({ content }) => content))
  const wanted = endOf(stored.filter(({ deleted_at }) => !deleted_at))
  if (endOf(shown) !== wanted) report('not-as-stored', `${room}: ${endOf(shown)}, stored ${wanted}`)
}

export async function runHostile(seed: number, inputs: number): Promise<HostileRun> {
  const random = createRandom(seed)
  const level = (seed % 4) as ChatLevel
  let world: World | undefined
  const onSocket = (socket: FakeSocket) => {
    const open = world
    if (!open) return
    const { receive } = socket
    const wire = Object.create(socket, {
      receive: {
        value: (message: unknown) => {
          // The list of rooms comes seldom, and its rows are used for more than to be shown.
          const share = String(message).includes('"rooms":[') ? 0.6 : 0.15
          if (open.isHostile && random() < share) answerHostile(open, socket, String(message))
          else receive(message)
        },
      },
      onClientMessage: { set: (value) => (socket.onClientMessage = value) },
      onClientClose: { set: (value) => (socket.onClientClose = value) },
    }) as FakeSocket
    mountOnFakeSockets(open.server)(wire)
  }
  return inVirtualTime({ onSocket, seed }, async (fake) => {
    const findings: Finding[] = []
    const errors: unknown[] = []
    const trail: string[] = []
    world = {
      random,
      fake,
      level,
      server: createServer(fake, level, seed),
      chat: openChat(fake, errors, seed % 8 > 3),
      queryClient: new QueryClient(),
      findings,
      trail,
      isHostile: false,
      hasLied: false,
      report: (kind, detail) => findings.length < 20 && findings.push({ kind, detail }),
    }
    const rejected = (error: unknown) => world?.report('unhandled', stackOf(error))
    process.on('unhandledRejection', rejected)
    process.on('uncaughtException', rejected)
    try {
      await attack(world, inputs)
    } catch (error) {
      world.report('thrown', stackOf(error))
    }
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', rejected)
    process.off('uncaughtException', rejected)
    return {
      seed,
      inputs,
      findings:
        findings.length > 0 ? [...findings, { kind: 'trail', detail: trail.slice(-12).join('\n') }] : [],
    }
  })
}

function createServer(fake: Fake, level: ChatLevel, seed: number) {
  return createChatServer({
    level,
    seed,
    users: USERS,
    rooms: ROOMS.map((id) => ({
      id,
      messages: Array.from({ length: 8 }, (_, at) => ({
        sender: USERS[at % 2] ?? 'bob',
        content: `${id} ${at}`,
      })),
    })),
    clock: { now: fake.environment.wallNow, setTimer: fake.environment.setTimer },
    handlers: {
      get_cards: () => ({ items: [{ id: 'card1', column: 'to do' }] }),
      get_count: () => ({ value: 1 }),
    } as never,
  })
}

async function attack(world: World, inputs: number): Promise<void> {
  const { random, fake, chat, queryClient } = world
  const stopLooking = random() < 0.5 ? chat.manager.inspect(ignore) : ignore
  const { stop, observers } = mount(world)
  await fake.clock.advance(random() < 0.8 ? 1_000 : 0)
  world.isHostile = true
  for (let input = 0; input < inputs; input++) {
    if (random() < 0.02) dropHostile(world)
    else injectHostile(world)
    if (random() < 0.1) await Promise.race([pick(random, ACTIONS)(world), undefined])
    await fake.clock.advance(pick(random, [0, 0, 0, 1, 5, 50, 300, 3_000]))
    auditErrors(world)
    if (world.findings.length > 0) break
  }
  auditShapes(world)
  if (world.findings.length === 0) await recover(world, observers)
  auditShapes(world)
  auditPrototypes(world)
  stop()
  stopLooking()
  chat.manager.close()
  queryClient.clear()
  await fake.clock.advance(400_000)
  const { timers, listeners, sockets } = fake.held()
  if (timers + listeners + sockets > 0)
    world.report('left', `${timers} timers, ${listeners} listeners, ${sockets} sockets`)
}
