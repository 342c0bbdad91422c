/** What users, others, servers and networks do, each as often as its weight says. */

import type { ChatMessage } from '../../src/chat/index.ts'
import type { ErrorBody } from '../../src/server/requestError.ts'
import type { Kind } from './kinds.ts'
import { openPage } from './page.ts'
import { cut, forge, makeHalfOpen } from './wire.ts'
import { baseOf, isMember, MEMBERS, type Page, pick, type Sent, textIn, USERS, type World } from './world.ts'

const ignore = () => undefined

export interface Step {
  readonly weight: number
  readonly name: string
  readonly kind?: Kind
  /** @default 0 */
  readonly from?: number
  /** What it did, for the trail. */
  readonly run: (world: World) => unknown
}

export const livePages = ({ pages }: World): readonly Page[] => pages.filter(({ isGone }) => !isGone)
const anyPage = (world: World): Page => pick(world.random, livePages(world))
const anyView = (world: World, page: Page) => pick(world.random, [...page.views.keys()])
const upTo = ({ random }: World, max: number) => Math.floor(random() * max)

const mutate = (act: () => Promise<unknown>): void => {
  act().catch(ignore)
}

// Words.

function say(
  world: World,
  page: Page,
  { roomId, mark = '' }: { roomId: string; mark?: string },
): Sent | undefined {
  const typist = page.typist()
  if (typist === undefined) return undefined
  return page.send(`${typist}: ${++world.typed}${mark}`, roomId)
}

function again(page: Page, sent: Sent | undefined, roomId: string): void {
  if (sent) page.send(sent.text, roomId)
}

function inject(world: World, roomId?: string): string {
  const room = pick(
    world.random,
    world.server.state().rooms.filter(({ id, members }) => members.length > 0 && (!roomId || id === roomId)),
  )
  if (!room) return 'nobody there'
  const sender = pick(world.random, room.members).userKey
  const content = `${sender}: ${++world.typed}`
  world.server.inject(room.id, { sender, content })
  return `${room.id} "${content}"`
}

const WORDS: readonly Step[] = [
  {
    weight: 9,
    name: 'send',
    run: (world) => {
      const page = anyPage(world)
      const roomId = anyView(world, page)
      return `${page.name}/${roomId} "${say(world, page, { roomId })?.text}"`
    },
  },
  {
    weight: 2,
    name: 'send the same twice',
    run: (world) => {
      const page = anyPage(world)
      const roomId = anyView(world, page)
      const sent = say(world, page, { roomId })
      again(page, sent, roomId)
      return `${page.name}/${roomId} "${sent?.text}"`
    },
  },
  {
    weight: 2,
    name: 'send to two rooms',
    run: (world) => {
      const page = anyPage(world)
      const [one, two] = [...page.views.keys()]
      if (one === undefined || two === undefined) return undefined
      const sent = say(world, page, { roomId: one })
      again(page, sent, two)
      return `${page.name} "${sent?.text}"`
    },
  },
  { weight: 9, name: 'inject', run: (world) => inject(world) },
  {
    weight: 2,
    name: 'burst',
    run: (world) => {
      for (let left = 1 + upTo(world, 8); left > 0; left--) inject(world)
    },
  },
  { weight: 2, name: 'edit', kind: 'edits', from: 1, run: (world) => change(world, 'edit') },
  { weight: 2, name: 'delete', kind: 'edits', from: 1, run: (world) => change(world, 'delete') },
  { weight: 2, name: 'react', kind: 'edits', from: 1, run: (world) => change(world, 'react') },
  { weight: 1, name: 'mark read', from: 1, run: (world) => change(world, 'read') },
  { weight: 2, name: 'other edits', kind: 'edits', from: 1, run: otherEdits },
  { weight: 1, name: 'edit unsent', kind: 'editsOfUnsent', from: 1, run: editUnsent },
  { weight: 2, name: 'retry failed', run: retryFailed },
  { weight: 1, name: 'discard failed', run: discardFailed },
]

function change(world: World, how: 'edit' | 'delete' | 'react' | 'read'): string | undefined {
  const page = anyPage(world)
  const roomId = anyView(world, page)
  const user = page.typist()
  const isOwn = (row: ChatMessage) => how === 'react' || how === 'read' || String(row.sender.id) === user
  const rows = (page.rows(roomId) ?? []).filter((row) => !row.local && isOwn(row))
  const row = pick(world.random, rows)
  if (!row || user === undefined) return undefined
  const { chat, queryClient } = page
  const message_id = row.id
  const params = { roomId }
  if (how === 'edit') {
    const content = `${baseOf(row.content)} ~${++world.typed}`
    mutate(() => chat.editMessage.start(queryClient, { message_id, content }, params))
  } else if (how === 'delete') {
    world.deleted.add(baseOf(row.content))
    mutate(() => chat.deleteMessage.start(queryClient, { message_id }, params))
  } else if (how === 'react') tap(world, page, { roomId, message_id })
  else mutate(() => chat.markRead.start(queryClient, { message_id }, params))
  return `${page.name}/${roomId} "${row.content}"`
}

/** Up to three taps in a row: the last one is what shows. */
function tap(
  world: World,
  page: Page,
  { roomId, message_id }: { roomId: string; message_id: ChatMessage['id'] },
): void {
  const { chat, queryClient } = page
  let remove = false
  for (let taps = 1 + upTo(world, 3); taps > 0; taps--) {
    remove = world.random() < 0.4
    mutate(() => chat.react.start(queryClient, { message_id, reaction: '👍', remove }, { roomId }))
  }
  const row = page.rows(roomId)?.find(({ id }) => id === message_id)
  const isOn = row?.reactions?.some(({ name, me }) => name === '👍' && me) ?? false
  if (row && isOn === remove) world.report('tap', `${page.name}/${roomId} "${row.content}"`)
}

function otherEdits(world: World): string | undefined {
  const room = pick(world.random, world.server.state().rooms)
  const message = pick(
    world.random,
    room.messages.filter(({ deleted_at }) => deleted_at === undefined),
  )
  const user = message && String(message.sender.id)
  if (!message || !isMember(world, String(room.id), user ?? null)) return undefined
  const data = { room_id: room.id, message_id: message.id }
  const kind = upTo(world, 3)
  if (kind === 0) {
    world.server.act(String(user), 'edit_message', {
      ...data,
      message: `${baseOf(message.content)} ~${++world.typed}`,
    })
  } else if (kind === 1) {
    world.deleted.add(baseOf(message.content))
    world.server.act(String(user), 'delete_message', data)
  } else world.server.act(String(user), 'add_reaction', { ...data, reaction: '🎉' })
  return `${room.id} ${['edit', 'delete', 'react'][kind]} "${message.content}"`
}

function editUnsent(world: World): string | undefined {
  const page = anyPage(world)
  const roomId = anyView(world, page)
  const row = pick(
    world.random,
    (page.rows(roomId) ?? []).filter(({ local }) => local && local.status !== 'failed'),
  )
  if (!row || page.typist() === undefined) return undefined
  const { chat, queryClient } = page
  const message_id = row.id
  if (world.random() < 0.5) {
    const content = `${baseOf(row.content)} ~${++world.typed}`
    mutate(() => chat.editMessage.start(queryClient, { message_id, content }, { roomId }))
  } else mutate(() => chat.react.start(queryClient, { message_id, reaction: '👍' }, { roomId }))
  return `${page.name}/${roomId} "${row.content}"`
}

const failedRow = (world: World) => {
  const page = anyPage(world)
  const roomId = anyView(world, page)
  const rows = (page.rows(roomId) ?? []).filter(({ local }) => local?.status === 'failed')
  return { page, row: pick(world.random, rows) }
}

function retryFailed(world: World): string | undefined {
  const { page, row } = failedRow(world)
  if (!row?.local) return undefined
  mutate(() => sendAgain(page, row))
  return `${page.name} "${row.content}"`
}

/** Of a plain server nobody can tell; whoever tries again what may have arrived has it there twice. */
export function sendAgain(
  { world, chat, queryClient }: Page,
  { content, room_id, local }: ChatMessage,
): Promise<unknown> {
  const isInDoubt = (local?.error as { maybeDelivered?: boolean } | undefined)?.maybeDelivered === true
  if (world.level === 0 && isInDoubt) world.sentAgain.push({ text: baseOf(content), roomId: String(room_id) })
  return chat.sendMessage.retry(queryClient, local?.key ?? '')
}

function discardFailed(world: World): string | undefined {
  const { page, row } = failedRow(world)
  if (!row?.local) return undefined
  const text = row.content
  world.deleted.add(text)
  for (const sent of world.sent) if (sent.text === text) sent.isForsaken = true
  page.chat.sendMessage.discard(page.queryClient, row.local.key)
  return `${page.name} "${text}"`
}

// The page.

const older = (page: Page, roomId: string) =>
  page.views.get(roomId)?.observer?.fetchNextPage({ cancelRefetch: false }).catch(ignore)
const invalidate = (page: Page) => page.queryClient.invalidateQueries().catch(ignore)

const PAGE: readonly Step[] = [
  {
    weight: 4,
    name: 'older',
    run: (world) => {
      const page = anyPage(world)
      const roomId = anyView(world, page)
      void older(page, roomId)
      return `${page.name}/${roomId}`
    },
  },
  {
    weight: 2,
    name: 'invalidate',
    run: (world) => {
      const page = anyPage(world)
      void invalidate(page)
      return page.name
    },
  },
  {
    weight: 1,
    name: 'invalidate twice',
    kind: 'doubleInvalidates',
    run: (world) => {
      const page = anyPage(world)
      void invalidate(page)
      void invalidate(page)
      return page.name
    },
  },
  {
    weight: 1,
    name: 'invalidate and older',
    kind: 'doubleInvalidates',
    run: (world) => {
      const page = anyPage(world)
      const roomId = anyView(world, page)
      if (world.random() < 0.5) void older(page, roomId)
      void invalidate(page)
      void older(page, roomId)
      return `${page.name}/${roomId}`
    },
  },
  {
    weight: 2,
    name: 'unmount',
    run: (world) => {
      const page = anyPage(world)
      const target = pick(world.random, [...page.views.keys(), 'rooms'])
      page.unmount(target)
      return `${page.name}/${target}`
    },
  },
  {
    weight: 4,
    name: 'mount',
    run: (world) => {
      const page = anyPage(world)
      for (const target of [...page.views.keys(), 'rooms']) page.mount(target)
      return page.name
    },
  },
  {
    weight: 2,
    name: 'open page',
    run: (world) => {
      if (livePages(world).length >= 4) return undefined
      return openAny(world, pick(world.random, USERS)).name
    },
  },
  {
    weight: 1,
    name: 'close page',
    run: (world) => {
      if (livePages(world).length < 2) return undefined
      const page = anyPage(world)
      page.kill()
      forsake(world, page)
      return page.name
    },
  },
  {
    weight: 1,
    name: 'hide and show',
    run: (world) => {
      const page = anyPage(world)
      page.emit('hidden')
      page.emit('visible')
      return page.name
    },
  },
  {
    weight: 1,
    name: 'save',
    kind: 'oldStores',
    from: 1,
    run: (world) => {
      const page = anyPage(world)
      page.savedBefore = { store: page.save(), user: page.believed(), wasIn: new Set(page.wasIn) }
      return page.name
    },
  },
  { weight: 2, name: 'reload', kind: 'reloads', run: (world) => reload(world, anyPage(world)) },
  {
    weight: 1,
    name: 'reload by another user',
    kind: 'reloadsByOthers',
    run: (world) => {
      const page = anyPage(world)
      const others = USERS.filter((user) => user !== page.session.user)
      return reload(world, page, pick(world.random, others))
    },
  },
  {
    weight: 1,
    name: 'second page',
    kind: 'twoPages',
    from: 1,
    run: (world) => {
      const page = anyPage(world)
      if (livePages(world).length >= 4 || page.session.user === null || page.session.isSilent)
        return undefined
      return `${openLike(world, page, { saved: page.save(), user: page.session.user }).name} from ${page.name}`
    },
  },
]

export function openAny(world: World, user: string): Page {
  const own = Object.keys(MEMBERS).filter((id) => MEMBERS[id]?.includes(user))
  const roomIds = world.random() < 0.5 ? ['general', pick(world.random, own)] : [pick(world.random, own)]
  const page = openPage(world, { user, roomIds: [...new Set(roomIds)] })
  if (world.kinds.slowness && world.random() < 0.25) {
    page.net.upMs = upTo(world, 1_500)
    page.net.downMs = upTo(world, 3_000)
  }
  return page
}

/** What an application leaves behind, nobody has to send. */
function forsake(world: World, page: Page, except: (sent: Sent) => boolean = () => false): void {
  for (const sent of world.sent) {
    if (!sent.pages.has(page) || except(sent)) continue
    sent.leftBy.add(page)
    const isElsewhere = [...sent.pages].some((other) => !other.isGone && !sent.leftBy.has(other))
    if (!isElsewhere) sent.isForsaken = true
  }
}

function openLike(
  world: World,
  page: Page,
  { saved, user }: { readonly saved: string | undefined; readonly user: string },
): Page {
  const roomIds = [...page.views.keys()]
  const next = openPage(world, { user, roomIds, like: page, ...(saved !== undefined && { saved }) })
  for (const [id, view] of page.views) {
    // At level 0 nothing else tells what was missed, so the store is the one thing that must show again.
    if (saved !== undefined) for (const known of view.heard) next.views.get(id)?.heard.add(known)
  }
  if (page.session.user === user) for (const roomId of page.wasIn) next.wasIn.add(roomId)
  else for (const view of next.views.values()) view.heard.clear()
  for (const mutation of next.queryClient.getMutationCache().getAll()) {
    for (const sent of matching(world, page, mutation)) sent.pages.add(next)
  }
  return next
}

interface Stored {
  readonly state: { readonly variables: unknown }
  readonly options: { readonly mutationKey?: readonly unknown[] }
}

function matching(world: World, page: Page, { state, options }: Stored): readonly Sent[] {
  const [, name, params] = options.mutationKey ?? []
  if (name !== 'chat.sendMessage') return []
  const roomId = (params as { roomId?: string } | undefined)?.roomId
  const text = textIn(state.variables)
  return world.sent.filter((sent) => sent.pages.has(page) && sent.text === text && sent.roomId === roomId)
}

async function reload(world: World, page: Page, other?: string): Promise<string> {
  const { random, level, fake } = world
  const user = other ?? page.session.user
  if (user === null || page.session.isSilent) return `${page.name} not`
  // Without answers nothing tells whether what is just being written was written, or what was not shown yet.
  if (level === 0) await fake.clock.advance(20)
  const draw = random()
  const isOld = level > 0 && draw < 0.2 && page.savedBefore !== undefined
  const saved = draw > 0.85 ? undefined : isOld ? page.savedBefore?.store : page.save()
  const open = world.sent.filter(
    (sent) => sent.pages.has(page) && sent.outcome === 'open' && !sent.isForsaken,
  )
  page.kill()
  const next = openLike(world, page, { saved, user })
  if (isOld && page.savedBefore?.user === user)
    for (const roomId of page.savedBefore.wasIn) next.wasIn.add(roomId)
  for (const sent of open) {
    if (sent.pages.has(next)) continue
    const isTaken = world.accepted.some(({ content }) => baseOf(content) === sent.text)
    if (saved !== undefined && !isOld && !isTaken)
      world.report('not-stored', `"${sent.text}" of ${page.name}`)
    sent.isForsaken = true
  }
  forsake(world, page, ({ pages }) => pages.has(next))
  const from = saved === undefined ? 'nothing' : isOld ? 'old store' : 'store'
  return `${page.name} → ${next.name} from ${from}, ${user}`
}

// Who it is.

interface Identity {
  readonly signIn?: () => unknown
  readonly signOut?: () => unknown
}

export function signIn(page: Page, user: string): void {
  // Also where the page changes back before it hears whom it has changed to.
  if (page.session.user !== user) for (const view of page.views.values()) view.heard.clear()
  page.session.user = user
  page.session.isSilent = false
  const { signIn: call } = page.chat as Identity
  if (call) void Promise.resolve(call()).catch(ignore)
  else {
    const { manager } = page.chat
    manager.reauthenticate()
    for (const name of Object.keys(manager.store.getState().connections))
      manager.connect(name, { hold: false })
  }
}

function signOut(world: World, page: Page): void {
  page.session.user = null
  page.session.isSilent = false
  page.wasSignedOut = true
  for (const view of page.views.values()) view.heard.clear()
  forsake(world, page)
  const { signOut: call } = page.chat as Identity
  if (call) void Promise.resolve(call()).catch(ignore)
  else closeAndClear(page)
}

/** What applications did before there was a call for it: their screens go away meanwhile. */
function closeAndClear(page: Page): void {
  const mounted = [...page.views.values()].filter(({ observer }) => observer)
  for (const { roomId } of mounted) page.unmount(roomId)
  page.unmount('rooms')
  page.wasSignedOut = true
  page.chat.manager.close()
  page.queryClient.clear()
  for (const view of page.views.values()) view.heard.clear()
}

const others = (page: Page) => USERS.filter((user) => user !== page.session.user)

const USERS_STEPS: readonly Step[] = [
  {
    weight: 2,
    name: 'switch',
    kind: 'switches',
    run: (world) => {
      const page = anyPage(world)
      const user = pick(world.random, others(page))
      signIn(page, user)
      const sent = world.random() < 0.4 ? say(world, page, { roomId: anyView(world, page) }) : undefined
      return `${page.name} to ${user}${sent ? `, who says "${sent.text}"` : ''}`
    },
  },
  {
    weight: 1,
    name: 'same user again',
    kind: 'switches',
    run: (world) => {
      const page = anyPage(world)
      // Where it is not known yet who somebody is, nobody can tell that it is the same again.
      if (page.chat.manager.port.identity?.isSure === false) return undefined
      // To say so is to say that what is typed from here on is theirs whom the credentials name.
      page.session.isSilent = false
      page.chat.manager.reauthenticate()
      return page.name
    },
  },
  {
    weight: 1,
    name: 'silent switch',
    kind: 'silentSwitches',
    run: (world) => {
      const page = anyPage(world)
      const { session, traits } = page
      page.typist()
      // A page that does not know yet who it speaks for cannot tell whose words it holds.
      // Whom credentials name that are just being looked into is not known either.
      const isSure = page.chat.manager.port.identity?.isSure !== false
      const isKnown = isSure && page.believed() !== undefined && page.believed() === session.user
      if (!isKnown || session.isSilent || (traits.isCookie && world.level === 0)) return undefined
      session.user = pick(world.random, others(page))
      session.isSilent = true
      return `${page.name} to ${session.user}`
    },
  },
  {
    weight: 1,
    name: 'sign out',
    kind: 'signOut',
    run: (world) => {
      const page = anyPage(world)
      if (page.session.user === null) return undefined
      const sent = world.random() < 0.5 ? say(world, page, { roomId: anyView(world, page) }) : undefined
      signOut(world, page)
      return `${page.name}${sent ? ` after "${sent.text}"` : ''}`
    },
  },
  {
    weight: 4,
    name: 'sign in',
    kind: 'signOut',
    run: (world) => {
      const page = livePages(world).find(({ session }) => session.user === null)
      if (!page) return undefined
      const user = pick(world.random, USERS)
      signIn(page, user)
      for (const target of [...page.views.keys(), 'rooms']) page.mount(target)
      return `${page.name} as ${user}`
    },
  },
  {
    weight: 1,
    name: 'close and clear in the tick of a send',
    kind: 'closeAndClear',
    run: (world) => {
      const page = anyPage(world)
      const user = page.session.user
      if (user === null || page.session.isSilent) return undefined
      const sent = say(world, page, { roomId: anyView(world, page) })
      forsake(world, page)
      closeAndClear(page)
      page.session.user = null
      if (world.random() < 0.5) signIn(page, world.random() < 0.6 ? user : pick(world.random, others(page)))
      return `${page.name} "${sent?.text}", then ${page.session.user}`
    },
  },
]

// The network.

const CODES = [1006, 1006, 1006, 1000, 1001, 1011, 1012, 1013]

const NETWORK: readonly Step[] = [
  {
    weight: 4,
    name: 'cut',
    kind: 'disconnects',
    run: (world) => {
      const page = anyPage(world)
      const how = {
        code: pick(world.random, CODES),
        lagMs: pick(world.random, [0, 0, 50, 3_000]),
        isDelivered: world.random() < 0.5,
      }
      cut(world, page, how)
      return `${page.name} ${JSON.stringify(how)}`
    },
  },
  {
    weight: 2,
    name: 'disconnect all',
    kind: 'disconnects',
    run: (world) => {
      const code = pick(world.random, CODES)
      world.server.faults.disconnectAll(code)
      return code
    },
  },
  {
    weight: 1,
    name: 'half-open',
    kind: 'halfOpen',
    run: (world) => {
      const page = anyPage(world)
      makeHalfOpen(world, page)
      return page.name
    },
  },
  {
    weight: 2,
    name: 'outage',
    kind: 'outages',
    run: (world) => {
      const page = anyPage(world)
      page.net.dial = world.random() < 0.7 ? 'fails' : 'hole'
      cut(world, page, { isDelivered: world.random() < 0.5 })
      const ms = pick(world.random, [100, 2_000, 8_000])
      world.fake.environment.setTimer(() => {
        page.net.dial = 'ok'
      }, ms)
      return `${page.name} ${page.net.dial} ${ms}`
    },
  },
  {
    weight: 1,
    name: 'refuse connections',
    kind: 'refusedConnections',
    run: (world) => {
      const code = pick(world.random, [1006, 1011, 1013, 1000])
      const times = 1 + upTo(world, 2)
      world.server.faults.refuseNext(code, times)
      if (world.random() < 0.5) world.server.faults.disconnectAll()
      return `${code} × ${times}`
    },
  },
  {
    weight: 1,
    name: 'restart',
    kind: 'restarts',
    run: (world) => {
      const newEpoch = world.kinds.newEpochs && world.random() < 0.4
      const downMs = pick(world.random, [0, 500, 5_000])
      world.server.faults.restart({ newEpoch, downMs })
      return `${newEpoch ? 'new epoch, ' : ''}down ${downMs}`
    },
  },
  {
    weight: 1,
    name: 'drain',
    kind: 'draining',
    from: 1,
    run: (world) => {
      const how = {
        retryAfterMs: pick(world.random, [0, 500]),
        closeAfterMs: pick(world.random, [1_000, 5_000]),
      }
      world.server.drain(how)
      return JSON.stringify(how)
    },
  },
  {
    weight: 2,
    name: 'slow',
    kind: 'slowness',
    run: (world) => {
      const page = anyPage(world)
      page.net.upMs = pick(world.random, [0, 0, 30, 400, 1_500])
      page.net.downMs = pick(world.random, [0, 0, 30, 400, 2_500])
      return `${page.name} up ${page.net.upMs} down ${page.net.downMs}`
    },
  },
  {
    weight: 1,
    name: 'slow history',
    kind: 'slowHistory',
    from: 1,
    run: (world) => {
      const page = anyPage(world)
      page.net.historyMs = pick(world.random, [0, 100, 1_000, 3_000])
      return `${page.name} ${page.net.historyMs}`
    },
  },
  {
    weight: 2,
    name: 'lossy',
    kind: 'lossyEvents',
    from: 2,
    run: ({ faults, random }) => {
      const isOn = random() < 0.6
      faults.drop = isOn ? 0.2 : 0
      faults.duplicate = isOn ? 0.2 : 0
      faults.reorder = isOn ? 0.2 : 0
      return isOn ? 'on' : 'off'
    },
  },
  {
    weight: 1,
    name: 'lossy replies',
    kind: 'lostReplies',
    from: 2,
    run: ({ faults, random }) => {
      faults.replies = random() < 0.4 ? 0.3 : 0
      return faults.replies
    },
  },
  {
    weight: 1,
    name: 'lossy counts',
    kind: 'lostCounts',
    from: 2,
    run: ({ faults, random }) => {
      faults.counts = random() < 0.5 ? 0.3 : 0
      return faults.counts
    },
  },
  {
    weight: 1,
    name: 'lossy membership',
    kind: 'lostMembership',
    from: 2,
    run: ({ faults, random }) => {
      faults.membership = random() < 0.5 ? 0.5 : 0
      return faults.membership
    },
  },
  {
    weight: 2,
    name: 'lost last event',
    kind: 'lostLast',
    from: 2,
    run: (world) => {
      const { faults } = world
      const before = { ...faults }
      Object.assign(faults, { drop: 1, counts: world.kinds.lostCounts ? 1 : 0 })
      const said = inject(world)
      Object.assign(faults, before)
      return said
    },
  },
  { weight: 1, name: 'false number', kind: 'falseNumbers', from: 2, run: falseNumber },
]

function falseNumber(world: World): string | undefined {
  const page = anyPage(world)
  const line = pick(world.random, [...page.lines])
  const roomId = anyView(world, page)
  const { rooms, epoch } = world.server.state()
  const room = rooms.find(({ id }) => id === roomId)
  const message = room?.messages.findLast(({ deleted_at }) => deleted_at === undefined)
  if (!line || !room || !message || !isMember(world, roomId, page.session.user)) return undefined
  // Never one that an event of this schedule will have: which of the two it is nobody could tell.
  const seq = pick<number | string>(world.random, [room.seq + 200, room.seq + 500, 2 ** 53, '∞'])
  forge(world, line, { type: 'message_updated', room_id: roomId, seq, epoch, data: { message } })
  return `${page.name}/${roomId} ${seq}`
}

// The server.

const refuse = (world: World, type: string, error: ErrorBody) => {
  world.refusals.set(type, [...(world.refusals.get(type) ?? []), error])
}

function anyError(world: World): ErrorBody {
  return pick<ErrorBody>(world.random, [
    { code: 'rate_limited', message: 'Slower', retryable: true, retry_after_ms: 300 },
    { code: 'rate_limited', message: 'Slower', retryable: true, retry_after_ms: 4_000 },
    { code: 'internal', message: 'The server failed', retryable: true },
  ])
}

const SERVER: readonly Step[] = [
  {
    weight: 2,
    name: 'refuse',
    kind: 'refusals',
    from: 1,
    run: (world) => {
      const types = [
        'chat_message',
        'chat_message',
        'edit_message',
        'delete_message',
        'add_reaction',
        'read_receipt',
      ]
      const type = pick(world.random, types)
      const error = anyError(world)
      refuse(world, type, error)
      return `${type} ${error.code}`
    },
  },
  {
    weight: 1,
    name: 'refuse history',
    kind: 'historyErrors',
    from: 1,
    run: (world) => {
      const type = pick(world.random, ['get_history', 'get_history', 'get_rooms'])
      const error = anyError(world)
      refuse(world, type, error)
      return `${type} ${error.code}`
    },
  },
  {
    weight: 1,
    name: 'refuse subscription',
    kind: 'lateRefusals',
    from: 1,
    run: (world) => {
      const page = anyPage(world)
      for (const type of ['subscribe_room', 'sync']) refuse(world, type, anyError(world))
      page.net.downMs = pick(world.random, [0, 1_200, 3_000])
      if (world.random() < 0.6) cut(world, page, {})
      return `${page.name} after ${page.net.downMs}`
    },
  },
  {
    weight: 1,
    name: 'poison',
    kind: 'poison',
    from: 1,
    run: (world) => {
      const page = anyPage(world)
      const roomId = anyView(world, page)
      const code = pick(world.random, [1009, 1007, 1006, 1011])
      if (world.random() < 0.5) say(world, page, { roomId })
      const sent = say(world, page, { roomId, mark: ` ☠${code}` })
      if (world.random() < 0.5) say(world, page, { roomId })
      return `${page.name}/${roomId} "${sent?.text}"`
    },
  },
  {
    weight: 2,
    name: 'remove',
    kind: 'membership',
    from: 1,
    run: (world) => {
      const room = pick(world.random, world.server.state().rooms)
      const member = pick(world.random, room.members)
      if (!member) return undefined
      const leaver = livePages(world).find(
        (page) => page.typist() === member.userKey && !page.session.isSilent,
      )
      if (leaver && world.random() < 0.3) {
        mutate(() => leaver.chat.leaveRoom.start(leaver.queryClient, { roomId: room.id }))
        return `${room.id} ${member.userKey} leaves on ${leaver.name}`
      }
      world.server.remove(room.id, member.userKey)
      return `${room.id} ${member.userKey}`
    },
  },
  {
    weight: 4,
    name: 'add',
    kind: 'membership',
    from: 1,
    run: (world) => {
      const roomId = pick(world.random, Object.keys(MEMBERS))
      const user = pick(world.random, MEMBERS[roomId] ?? [])
      if (isMember(world, roomId, user ?? null) || user === undefined) return undefined
      world.server.join(roomId, user)
      for (const page of livePages(world)) if (page.believed() === user) page.wasIn.add(roomId)
      return `${roomId} ${user}`
    },
  },
  {
    weight: 1,
    name: 'end tokens',
    kind: 'tokens',
    run: (world) => {
      const page = anyPage(world)
      cut(world, page, { code: 4001 })
      page.isHarsh = true
      return page.name
    },
  },
  {
    weight: 1,
    name: 'resync required',
    kind: 'resyncs',
    from: 1,
    run: (world) => world.server.requireResync(world.random() < 0.5 ? {} : { roomId: 'general' }),
  },
]

const WAITS: readonly Step[] = [
  { weight: 14, name: 'wait', run: (world) => wait(world, Math.floor(world.random() * 40)) },
  { weight: 4, name: 'wait longer', run: (world) => wait(world, 300) },
  { weight: 2, name: 'wait long', run: (world) => wait(world, 6_000) },
  { weight: 1, name: 'wait very long', run: (world) => wait(world, 40_000) },
]

async function wait({ fake }: World, ms: number): Promise<number> {
  await fake.clock.advance(ms)
  return ms
}

const STEPS: readonly Step[] = [...WORDS, ...PAGE, ...USERS_STEPS, ...NETWORK, ...SERVER, ...WAITS]

export function stepsFor({ kinds, level }: Pick<World, 'kinds' | 'level'>): readonly Step[] {
  return STEPS.filter(({ kind, from = 0 }) => level >= from && (kind === undefined || kinds[kind]))
}
