/** Faults end, time passes, and then everything is as the server has it. */
import type { ChatMessage, ChatRoom } from '../../src/chat/index.ts'
import type { Message, Room } from '../../src/testing/server/wire.ts'
import type { Identity } from '../../src/transport/port.ts'
import type { Page, View } from './page.ts'
import { livePages, sendAgain, signIn } from './steps.ts'
import { baseOf, pick, type Sent, textIn, typistOf, USERS, type World } from './world.ts'

const ignore = () => undefined

/** Longer than it takes to notice a dead socket. */
const NOTICE_MS = 50_000
/** Several heartbeats, and more than a minute: a lost last event is noticed by then. */
const HEARTBEATS_MS = 150_000

export async function calmDown(world: World): Promise<void> {
  const { fake, faults, refusals, random } = world
  Object.assign(faults, { drop: 0, duplicate: 0, reorder: 0, replies: 0, counts: 0, membership: 0 })
  refusals.clear()
  for (const page of livePages(world)) {
    Object.assign(page.net, { dial: 'ok', upMs: 0, downMs: 0, historyMs: 0 })
    if (page.session.user === null) signIn(page, pick(random, USERS))
    // Whoever is found out by a dial only is found out by the next one.
    page.typist()
    if (page.session.isSilent) world.server.faults.disconnectAll()
    for (const target of [...page.views.keys(), 'rooms']) page.mount(target)
    page.emit('visible')
    if (page.isHarsh) reconnect(page)
  }
  await fake.clock.advance(NOTICE_MS)
  if (livePages(world).some((page) => page.typist() !== undefined && page.session.isSilent)) {
    world.server.faults.disconnectAll()
    await fake.clock.advance(20_000)
  }
  for (const page of livePages(world)) nudge(page)
  await fake.clock.advance(HEARTBEATS_MS)
}

/** What an application offers where a connection gave up for good. */
function reconnect({ chat: { manager } }: Page): void {
  for (const [name, { state }] of Object.entries(manager.store.getState().connections))
    if (state === 'FAILED') manager.connect(name, { hold: false })
}

/** What a user does where the screen says that something failed. */
function nudge(page: Page): void {
  const { queryClient, world } = page
  for (const query of queryClient.getQueryCache().getAll()) {
    if (query.state.status === 'error' && query.isActive()) query.fetch().catch(ignore)
  }
  if (world.random() < 0.5) return
  for (const roomId of page.views.keys()) {
    for (const row of page.rows(roomId) ?? []) {
      if (row.local?.status === 'failed') sendAgain(page, row).catch(ignore)
    }
  }
}

export async function auditEnd(world: World): Promise<void> {
  for (const page of livePages(world)) auditPage(page)
  auditSends(world)
  await lastWord(world)
}

function expectedRows({ server }: World, roomId: string, user: string): readonly Message[] | undefined {
  try {
    const answer = server.act(user, 'get_history', { room_id: roomId, limit: 200 })
    return (answer as { messages: readonly Message[] }).messages
  } catch {
    // Not a member.
    return undefined
  }
}

function auditPage(page: Page): void {
  const { world, name, session, queryClient } = page
  const user = page.believed()
  const isKnown = world.level > 0 || !page.traits.isCookie
  if (isKnown && user !== session.user) world.report('identity', `${name} takes ${user} for ${session.user}`)
  for (const mutation of queryClient.getMutationCache().getAll()) {
    const { status, variables } = mutation.state
    const text = typeof variables === 'string' ? variables : ''
    const { who } = (mutation.options.meta?.live ?? {}) as { who?: Identity }
    // Where nobody was known when it began, nobody goes on with it.
    const author = text === '' ? String(who ? (who.user ?? who.token) : session.user) : typistOf(text)
    const isOwn = author === session.user
    if (status === 'pending' && isOwn)
      world.report(
        'stuck-mutation',
        `${name}: ${String(mutation.options.mutationKey?.[1])} ${JSON.stringify(variables)}`,
      )
  }
  for (const view of page.views.values()) auditView(page, view)
}

function auditView(page: Page, view: View): void {
  const { world, name, session } = page
  const at = `${name}/${view.roomId} (${session.user})`
  const result = view.observer?.getCurrentResult()
  const expected = session.user === null ? undefined : expectedRows(world, view.roomId, session.user)
  const rows = page.rows(view.roomId)
  if (result?.fetchStatus !== 'idle')
    return world.report('stuck-query', `${at}: ${result?.status} ${result?.fetchStatus}`)
  if (!expected) {
    // Where nothing ever says who is here, a stored cache is anybody's.
    const isKnown = world.level > 0 || !page.traits.isCookie
    const isForeign = isKnown && rows?.some(({ local }) => !local) && !page.wasIn.has(view.roomId)
    if (isForeign) world.report('data-of-other-user', `${at}: ${rows?.length} rows of a room one is not in`)
    return
  }
  if (result.status !== 'success' || !rows)
    return world.report('stuck-query', `${at}: ${result.status}, ${String(result.error)}`)
  if (world.level === 0) return auditHeard(page, view, { rows, expected })
  const status = page.status(view.roomId)
  if (status !== 'live') world.report('not-live', `${at}: ${status}`)
  const hasOlder = view.observer?.getCurrentResult().hasNextPage ?? false
  compareRows(world, { at: `${at}, ${status}`, rows, expected, isAll: !hasOlder })
  auditLocal(page, view, rows)
}

interface Compared {
  readonly at: string
  readonly rows: readonly ChatMessage[]
  readonly expected: readonly Message[]
  /** Nothing older is left to be loaded. */
  readonly isAll: boolean
}

const visible = ({
  id,
  content,
  version,
  reactions,
  attachments,
  sender,
  client_id,
}: ChatMessage | Message) =>
  JSON.stringify([
    id,
    content,
    version,
    (reactions ?? []).map(({ name, count, me }) => [name, count, me]),
    (attachments ?? []).map(({ url }) => url),
    sender.id,
    client_id ?? null,
  ])

function compareRows(world: World, { at, rows, expected, isAll }: Compared): void {
  const confirmed = rows.filter(({ local }) => !local)
  const first = confirmed[0]
  const from = isAll ? 0 : expected.findIndex(({ id }) => id === first?.id)
  // All that was loaded is deleted.
  if (from < 0 && !first) return
  const wanted = expected.slice(Math.max(0, from))
  const shown = new Map(confirmed.map((row) => [String(row.id), row]))
  const known = new Set(wanted.map(({ id }) => String(id)))
  const lost = wanted.filter(({ id }) => !shown.has(String(id)))
  const ghosts = confirmed.filter(({ id }) => !known.has(String(id)))
  const texts = (list: readonly { readonly content: string }[]) =>
    list.map(({ content }) => content).join(' | ')
  if (lost.length > 0) {
    const isLast = lost.at(-1) === wanted.at(-1)
    world.report(isLast ? 'behind' : 'hole', `${at}: lacks ${texts(lost)}; has ${texts(rows)}`)
  }
  if (ghosts.length > 0) world.report('ghost', `${at}: shows ${texts(ghosts)}`)
  for (const message of wanted) {
    const row = shown.get(String(message.id))
    if (row && visible(row) !== visible(message))
      world.report('stale', `${at}: ${visible(row)} for ${visible(message)}`)
  }
  const order = confirmed.filter(({ id }) => known.has(String(id))).map(({ id }) => String(id))
  const right = wanted.filter(({ id }) => shown.has(String(id))).map(({ id }) => String(id))
  if (order.join() !== right.join()) world.report('misplaced', `${at}: ${order.join()} for ${right.join()}`)
}

function auditLocal({ world, name }: Page, { roomId }: View, rows: readonly ChatMessage[]): void {
  for (const row of rows.filter(({ local }) => local)) {
    const { content, local } = row
    const text = baseOf(content)
    const at = `${name}/${roomId}: "${content}" is ${local?.status}`
    if (local?.status !== 'failed') world.report('stuck-row', at)
    const isIn = (id: unknown) => String(id) === roomId
    const sent = world.sent.filter((each) => each.text === text && isIn(each.roomId)).length
    const taken = world.accepted.filter((each) => each.content === text && isIn(each.room_id)).length
    const local_ = rows.filter((each) => each.local && baseOf(each.content) === text).length
    if (taken + local_ > sent) world.report('row-beside-its-message', `${at}; ${taken} of ${sent} were taken`)
  }
}

/** Level 0: what came in is there, in the order in which the server has it; nothing else is promised. */
function auditHeard(
  page: Page,
  view: View,
  { rows, expected }: { readonly rows: readonly ChatMessage[]; readonly expected: readonly Message[] },
): void {
  const { world, name } = page
  const at = `${name}/${view.roomId}`
  const ids = new Set(rows.map(({ id }) => String(id)))
  const lost = expected.filter(({ id }) => view.heard.has(String(id)) && !ids.has(String(id)))
  if (lost.length > 0) {
    const texts = (list: readonly { readonly content: string }[]) =>
      list.map(({ content }) => content).join(' | ')
    world.report('hole', `${at}: came in but is not shown: ${texts(lost)}; has ${texts(rows)}`)
  }
  const order = rows
    .map(({ id }) => String(id))
    .filter((id) => expected.some((message) => String(message.id) === id))
  const right = expected.map(({ id }) => String(id)).filter((id) => order.includes(id))
  if (order.join() !== right.join()) world.report('misplaced', `${at}: ${order.join()} for ${right.join()}`)
  for (const { content, local } of rows)
    if (local?.status === 'queued' || local?.status === 'sending')
      world.report('stuck-row', `${at}: "${content}" is ${local.status}`)
}

/** Each is on the server once, or its author sees that it failed, or it waits for its author. */
function auditSends(world: World): void {
  const groups = new Map<string, Sent[]>()
  for (const sent of world.sent) {
    const key = `${sent.roomId} ${sent.text}`
    groups.set(key, [...(groups.get(key) ?? []), sent])
  }
  for (const [key, group] of groups) auditGroup(world, key, group)
}

function auditGroup(world: World, key: string, group: readonly Sent[]): void {
  const [first] = group
  if (!first) return
  const { text, roomId } = first
  const at = `"${text}" to ${roomId}`
  const taken = world.accepted.filter(
    ({ content, room_id }) => baseOf(content) === text && String(room_id) === roomId,
  ).length
  const count = (outcome: Sent['outcome']) => group.filter((sent) => sent.outcome === outcome).length
  if (world.level > 0 && count('done') > taken)
    world.report(
      'success-without-message',
      `${at}: ${count('done')} reported as sent, ${taken} on the server`,
    )
  if (first.isPoison && taken > 0) world.report('poison-taken', at)
  const open = group.filter(
    ({ outcome, pages }) => outcome === 'open' && [...pages].some(isOwnStill(first.author)),
  )
  const isOpenThere = open.filter(({ pages }) => [...pages][0]?.isGone === false)
  if (isOpenThere.length > 0 && !group.some(({ isForsaken }) => isForsaken))
    world.report(
      'stuck-send',
      `${at}: never settled on ${isOpenThere.map(({ pages }) => [...pages][0]?.name).join()}`,
    )
  if (world.level === 0 || group.some(({ isForsaken }) => isForsaken)) return
  const missing = group.length - taken
  const stored = storedIn(group, key)
  if (missing > stored) {
    const codes = group.map(({ outcome, code }) => code ?? outcome).join()
    world.report(
      'send-lost',
      `${at}: ${group.length} sent, ${taken} on the server, ${stored} stored (${codes})`,
    )
  }
}

const isOwnStill = (author: string) => (page: Page) => !page.isGone && page.session.user === author

function storedIn(group: readonly Sent[], key: string): number {
  const pages = new Set(group.flatMap((sent) => [...sent.pages].filter(({ isGone }) => !isGone)))
  const counts = [...pages].map(
    ({ queryClient }) =>
      queryClient
        .getMutationCache()
        .getAll()
        .filter(({ state, options }) => {
          const [, name, params] = options.mutationKey ?? []
          const roomId = (params as { roomId?: string } | undefined)?.roomId
          const isOpen = state.status === 'error' || state.status === 'pending'
          return name === 'chat.sendMessage' && isOpen && `${roomId} ${textIn(state.variables)}` === key
        }).length,
  )
  return Math.max(0, ...counts)
}

/** Something is said in every room; then the counts are the server's, and all of the history can be read. */
async function lastWord(world: World): Promise<void> {
  const { server, fake } = world
  for (const { id, members } of server.state().rooms) {
    const sender = members[0]?.userKey
    if (sender !== undefined) server.inject(id, { sender, content: `${sender}: the last word in ${id}` })
  }
  await fake.clock.advance(2_000)
  if (world.level === 0) return
  for (const page of livePages(world)) {
    auditRooms(page)
    await readAll(page)
  }
}

async function readAll(page: Page): Promise<void> {
  const { world, session } = page
  for (const view of page.views.values()) {
    const expected = session.user === null ? undefined : expectedRows(world, view.roomId, session.user)
    const { observer } = view
    if (!expected || !observer) continue
    for (let pages = 0; pages < 40 && observer.getCurrentResult().hasNextPage; pages++) {
      void observer.fetchNextPage().catch(ignore)
      await world.fake.clock.advance(0)
    }
    const rows = page.rows(view.roomId) ?? []
    if (observer.getCurrentResult().hasNextPage) world.report('endless', `${page.name}/${view.roomId}`)
    compareRows(world, { at: `${page.name}/${view.roomId}, all of it`, rows, expected, isAll: true })
  }
}

const counts = (room: ChatRoom | Room) =>
  JSON.stringify([
    room.id,
    room.unread_count,
    room.mention_count,
    room.last_read_message_id,
    room.last_message?.id,
    room.last_message?.content,
    room.member_count,
  ])

function auditRooms(page: Page): void {
  const { world, name, session } = page
  if (session.user === null) return
  const at = `${name} (${session.user})`
  const result = page.rooms?.getCurrentResult()
  if (result?.status !== 'success' || result.fetchStatus !== 'idle')
    return world.report(
      'stuck-rooms',
      `${at}: ${result?.status} ${result?.fetchStatus} ${String(result?.error)}`,
    )
  const answer = world.server.act(session.user, 'get_rooms', {}) as { rooms: readonly Room[] }
  const wanted = answer.rooms.map(counts).sort()
  const shown = ((result.data as readonly ChatRoom[] | undefined) ?? []).map(counts).sort()
  if (shown.join() !== wanted.join()) world.report('rooms', `${at}: ${shown.join()} for ${wanted.join()}`)
}
