/** A server, its pages and their users, and what is known of every message that anybody ever typed. */

import type { ErrorBody } from '../../src/server/requestError.ts'
import { type ChatServer, createChatServer } from '../../src/testing/server/chatServer.ts'
import { createRandom, type Random } from '../../src/testing/server/random.ts'
import type { ChatLevel, Message } from '../../src/testing/server/wire.ts'
import type { Fake } from './clock.ts'
import type { Kinds } from './kinds.ts'
import type { Page } from './page.ts'
import type { Line } from './wire.ts'

export type { Page } from './page.ts'

export const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  general: ['alice', 'bob', 'carol'],
  den: ['alice', 'bob'],
  attic: ['bob', 'carol'],
}
export const USERS = ['alice', 'bob', 'carol'] as const
const ROOM_IDS = Object.keys(MEMBERS)
export const PAGE_SIZE = 6

/** One call of `sendMessage`. */
export interface Sent {
  readonly text: string
  readonly author: string
  readonly roomId: string
  /** Every page whose store has it. */
  readonly pages: Set<Page>
  /** Those of them that have thrown it away since. */
  readonly leftBy: Set<Page>
  outcome: 'open' | 'done' | 'failed'
  code: string | undefined
  /** The application threw it away (signed out, discarded, stored too early): it may be nowhere. */
  isForsaken: boolean
  readonly isPoison: boolean
}

export interface Finding {
  readonly kind: string
  readonly detail: string
}

/** Probabilities. */
export interface WireFaults {
  drop: number
  duplicate: number
  reorder: number
  replies: number
  counts: number
  membership: number
}

export interface World {
  readonly level: ChatLevel
  readonly seed: number
  readonly kinds: Kinds
  readonly isVerbose: boolean
  readonly random: Random
  readonly fake: Fake
  readonly server: ChatServer
  readonly faults: WireFaults
  /** By frame type; the next frames are answered with them, and the server does not see them. */
  readonly refusals: Map<string, ErrorBody[]>
  readonly pages: Page[]
  readonly sent: Sent[]
  /** Level 0: what a user has sent again although the screen said that it may have arrived. */
  readonly sentAgain: Pick<Sent, 'text' | 'roomId'>[]
  /** What the server has taken, oldest first. */
  readonly accepted: Message[]
  /** Texts that somebody tried to delete, or took back. */
  readonly deleted: Set<string>
  readonly findings: Finding[]
  typed: number
  stepAt: number
  report(kind: string, detail: string): void
  log(sign: string, line: Line, text: string): void
}

/** Who typed it is in the text, and edits leave that alone. */
export const typistOf = (text: string): string => text.slice(0, text.indexOf(':'))
/** What was typed, from what `sendMessage` was called with. */
export function textIn(variables: unknown): string {
  const text =
    typeof variables === 'string' ? variables : (variables as { content?: string } | undefined)?.content
  return baseOf(text ?? '')
}

export const baseOf = (text: string): string => text.split(' ~')[0] ?? text

export interface WorldOptions {
  readonly level: ChatLevel
  readonly seed: number
  readonly kinds: Kinds
  readonly fake: Fake
  readonly isVerbose: boolean
}

export function createWorld({ level, seed, kinds, fake, isVerbose }: WorldOptions): World {
  const random = createRandom(seed * 4 + level)
  const old = (roomId: string, count: number) =>
    Array.from({ length: count }, (_, at) => {
      const members = MEMBERS[roomId] ?? []
      const sender = members[at % members.length] ?? 'bob'
      return { sender, content: `${sender}: old ${roomId} ${at + 1}` }
    })
  const rooms = ROOM_IDS.map((id) => ({
    id,
    members: MEMBERS[id] ?? [],
    messages: old(id, Math.floor(random() * 20)),
  }))
  const server = createChatServer({
    level,
    users: USERS,
    rooms,
    seed,
    logSize: random() < 0.2 ? 10 : 1_000,
    clock: { now: fake.environment.wallNow, setTimer: fake.environment.setTimer },
  })
  const world: World = {
    level,
    seed,
    kinds,
    isVerbose,
    random,
    fake,
    server,
    faults: { drop: 0, duplicate: 0, reorder: 0, replies: 0, counts: 0, membership: 0 },
    refusals: new Map(),
    pages: [],
    sent: [],
    sentAgain: [],
    accepted: [],
    deleted: new Set(),
    findings: [],
    typed: 0,
    stepAt: 0,
    report(kind, detail) {
      if (world.findings.length < 50)
        world.findings.push({ kind, detail: `${detail} (step ${world.stepAt}, ${fake.clock.now()} ms)` })
      if (isVerbose) console.log(`      !!! ${kind}: ${detail}`)
    },
    log(sign, line, text) {
      if (!isVerbose) return
      const shown = text.replace(/token=[^"&]*/, '').slice(0, 600)
      console.log(`      ${fake.clock.now()} ${line.page.name} ${sign} ${line.path} ${shown}`)
    },
  }
  server.on((event) => {
    if (event.type === 'message') hear(world, event.message)
  })
  return world
}

/** Nobody's words under another name, and nothing twice: judged as the server takes it. */
function hear(world: World, message: Message): void {
  world.accepted.push(message)
  const { content, sender, room_id } = message
  const typist = typistOf(content)
  if (typist !== String(sender.id))
    world.report('wrong-sender', `"${content}" is on the server as ${sender.id}'s`)
  const sends = world.sent.filter(({ text }) => text === content)
  if (sends.length === 0) return
  const inRoom = (id: string) => id === String(room_id)
  const taken = world.accepted.filter((other) => other.content === content && inRoom(String(other.room_id)))
  const again = world.sentAgain.filter(({ text }) => text === content)
  const meant = [...sends, ...again].filter(({ roomId }) => inRoom(roomId))
  if (taken.length > meant.length)
    world.report(
      'sent-twice',
      `"${content}" is ${taken.length} times in ${room_id}, sent ${meant.length} times`,
    )
}

export const isMember = ({ server }: World, roomId: string, user: string | null): boolean =>
  server
    .state()
    .rooms.some(({ id, members }) => id === roomId && members.some(({ userKey }) => userKey === user))

export const pick = <T>(random: Random, all: readonly T[]): T => all[Math.floor(random() * all.length)] as T
