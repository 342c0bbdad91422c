/** The network between pages and the server: latency, loss, cuts, and what the server refuses. */
import type { FakeSocket } from '../../src/testing/fakeEnvironment.ts'
import type { AcceptedConnection } from '../../src/testing/server/connection.ts'
import type { Page, World } from './world.ts'

export interface Line {
  readonly page: Page
  readonly socket: FakeSocket
  readonly path: string
  accepted: AcceptedConnection | undefined
  /** Open for both sides, and nothing gets through. */
  isDead: boolean
  isOpen: boolean
  held: Frame | undefined
  /** Arrives as one message. */
  together: Frame[]
  readonly up: Lane
  readonly down: Lane
}

export interface Frame {
  readonly type: string
  readonly id?: string
  readonly seq?: number
  readonly room_id?: string
  readonly reply_to?: string
  readonly data?: Readonly<Record<string, unknown>>
  readonly message?: { readonly id: string }
  readonly [field: string]: unknown
}

/** Everything on one line in one direction arrives in order. */
type Lane = (delayMs: number, run: () => void) => void

function createLane({ fake }: World): Lane {
  let lastDueAt = 0
  let waiting = 0
  return (delayMs, run) => {
    const now = fake.clock.now()
    const dueAt = Math.max(now + delayMs, lastDueAt)
    if (dueAt <= now && waiting === 0) return run()
    lastDueAt = dueAt
    waiting++
    fake.environment.setTimer(() => {
      waiting--
      run()
    }, dueAt - now)
  }
}

export function connectSocket(world: World, page: Page, socket: FakeSocket): void {
  if (page.isGone || socket.readyState !== 0 || page.net.dial === 'hole') return
  if (page.net.dial === 'fails') return socket.drop(1006)
  if (page.net.upMs > 0) {
    world.fake.environment.setTimer(() => accept(world, page, socket), page.net.upMs)
  } else accept(world, page, socket)
}

function accept(world: World, page: Page, socket: FakeSocket): void {
  if (page.isGone || socket.readyState !== 0) return
  const url = new URL(socket.url)
  const line: Line = {
    page,
    socket,
    path: url.pathname,
    accepted: undefined,
    isDead: false,
    isOpen: true,
    held: undefined,
    together: [],
    up: createLane(world),
    down: createLane(world),
  }
  page.lines.add(line)
  socket.onClientMessage = (data) => fromClient(world, line, String(data))
  socket.onClientClose = () => line.up(line.isDead ? 60_000 : page.net.upMs, () => end(line))
  // The browser adds the cookie, and the server knows whose it is.
  const cookie = page.cookieToken()
  if (cookie !== undefined) url.searchParams.set('token', cookie)
  socket.accept()
  line.accepted = world.server.accept({
    url: String(url),
    protocols: socket.protocols,
    send: (text) => fromServer(world, line, text),
    close: (code, reason) =>
      line.down(page.net.downMs, () => {
        handTogether(world, line)
        drop(line, code, reason)
      }),
  })
}

function end(line: Line): void {
  line.isOpen = false
  line.page.lines.delete(line)
  line.accepted?.closed()
}

function drop(line: Line, code: number, reason = ''): void {
  if (line.isDead) return
  line.isOpen = false
  line.page.lines.delete(line)
  if (!line.page.isGone) line.socket.drop(code, reason)
}

export interface Cut {
  readonly code?: number
  /** The server hears of it so much later. */
  readonly lagMs?: number
  /** What is on its way to the server still gets there. */
  readonly isDelivered?: boolean
}

export function cut({ fake }: World, page: Page, { code = 1006, lagMs = 0, isDelivered = false }: Cut): void {
  for (const line of [...page.lines]) {
    page.lines.delete(line)
    line.isOpen = false
    const { accepted } = line
    if (!isDelivered) line.accepted = undefined
    fake.environment.setTimer(() => accepted?.closed(), isDelivered ? page.net.upMs + lagMs : lagMs)
    if (!page.isGone && !line.isDead) line.socket.drop(code, '')
  }
}

export function makeHalfOpen({ fake }: World, page: Page): void {
  for (const line of page.lines) {
    line.isDead = true
    const { accepted } = line
    fake.environment.setTimer(() => accepted?.closed(), 45_000)
  }
}

// To the server.

const POISON = /☠(\d+)/

function fromClient(world: World, line: Line, text: string): void {
  world.log('»', line, text)
  line.up(line.page.net.upMs, () => arrive(world, line, text))
}

function arrive(world: World, line: Line, text: string): void {
  if (line.isDead || !line.accepted) return
  const code = POISON.exec(text)?.[1]
  if (code !== undefined) return die(world, line, Number(code))
  const parsed: Frame | readonly Frame[] = JSON.parse(text)
  const frames = Array.isArray(parsed) ? (parsed as readonly Frame[]) : [parsed as Frame]
  const passed = frames.filter((frame) => !intercept(world, line, frame))
  if (passed.length === frames.length) line.accepted.receive(text)
  else for (const frame of passed) line.accepted?.receive(JSON.stringify(frame))
}

/** The process that reads this dies of it, or closes for it. */
function die(world: World, line: Line, code: number): void {
  const { accepted } = line
  line.accepted = undefined
  line.isOpen = false
  line.page.lines.delete(line)
  accepted?.closed()
  world.log('☠', line, String(code))
  line.down(line.page.net.downMs, () => {
    if (!line.page.isGone && !line.isDead) line.socket.drop(code, '')
  })
}

/** True where the server does not see the frame now. */
function intercept(world: World, line: Line, frame: Frame): boolean {
  const error = world.level > 0 ? world.refusals.get(frame.type)?.shift() : undefined
  if (error && frame.id !== undefined) {
    const text = JSON.stringify({ type: 'error', reply_to: frame.id, error })
    line.down(line.page.net.downMs, () => deliver(world, line, text))
    return true
  }
  if (frame.type !== 'get_history' || line.page.net.historyMs === 0) return false
  world.fake.environment.setTimer(() => {
    if (!line.isDead) line.accepted?.receive(JSON.stringify(frame))
  }, line.page.net.historyMs)
  return true
}

// From the server.

function fromServer(world: World, line: Line, text: string): void {
  if (line.isDead) return
  const { faults } = world
  const isLossy =
    faults.drop + faults.duplicate + faults.reorder + faults.replies + faults.counts > 0 || line.held
  if (!isLossy) return line.down(line.page.net.downMs, () => deliver(world, line, text))
  const parsed: Frame | readonly Frame[] = JSON.parse(text)
  const frames = Array.isArray(parsed) ? (parsed as readonly Frame[]) : [parsed as Frame]
  const left = frames.flatMap((frame) => suffer(world, line, frame))
  if (left.length === 0) return
  const written = JSON.stringify(left.length === 1 ? left[0] : left)
  line.down(line.page.net.downMs, () => deliver(world, line, written))
}

const COUNTS = new Set(['room_updated', 'unread_update'])
const MEMBERSHIP = new Set(['room_added', 'room_removed'])

function suffer(world: World, line: Line, frame: Frame): readonly Frame[] {
  const { faults, random } = world
  const hits = (probability: number) => probability > 0 && random() < probability
  if (frame.reply_to !== undefined) return hits(faults.replies) ? [] : [frame]
  if (COUNTS.has(frame.type)) return hits(faults.counts) ? [] : hits(faults.counts) ? [frame, frame] : [frame]
  if (MEMBERSHIP.has(frame.type)) return hits(faults.membership) ? [] : [frame]
  if (frame.seq === undefined) return [frame]
  if (hits(faults.drop)) return []
  if (hits(faults.duplicate)) return [frame, frame]
  const { held } = line
  if (held) {
    line.held = undefined
    return [frame, held]
  }
  if (!hits(faults.reorder)) return [frame]
  line.held = frame
  world.fake.environment.setTimer(() => {
    if (line.held !== frame) return
    line.held = undefined
    line.down(line.page.net.downMs, () => deliver(world, line, JSON.stringify(frame)))
  }, 50)
  return []
}

function deliver(world: World, line: Line, text: string): void {
  if (!world.kinds.slices) return hand(world, line, text)
  const { together } = line
  if (together.length === 0) world.fake.environment.setTimer(() => handTogether(world, line), 0)
  together.push(...[JSON.parse(text) as Frame].flat())
}

function handTogether(world: World, line: Line): void {
  const { together } = line
  line.together = []
  if (together.length > 0) hand(world, line, JSON.stringify(together.length === 1 ? together[0] : together))
}

function hand(world: World, line: Line, text: string): void {
  if (!line.isOpen || line.isDead || line.page.isGone || line.socket.readyState !== 1) return
  world.log('«', line, text)
  if (world.level === 0)
    for (const frame of [JSON.parse(text) as Frame].flat()) line.page.heard(frame, line.path)
  line.socket.receive(text)
}

/** A frame that the server never sent. */
export function forge(world: World, line: Line, frame: object): void {
  const text = JSON.stringify(frame).replace('"∞"', '1e999')
  line.down(line.page.net.downMs, () => deliver(world, line, text))
}
