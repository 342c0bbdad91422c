/** A few weeks of conversations, made up by a seeded generator: something to scroll through in the demo. */
import { createRandom, type Random } from '../../src/testing/server/random.ts'
import type { MessageSeed, RoomSeed } from '../../src/testing/server/seeds.ts'
import type { RoomKind, User } from '../../src/testing/server/wire.ts'
import { REACTIONS, TOPICS, type Topic, WORDS } from './phrases.ts'

export interface ConversationsOptions {
  /** @default 1 */
  readonly seed?: number
  /** About how many messages in all rooms together. @default 3000 */
  readonly messages?: number
  /** When the newest message was sent, in milliseconds since 1970. */
  readonly nowMs: number
}

export interface Conversations {
  readonly users: readonly User[]
  readonly rooms: readonly RoomSeed[]
}

const PEOPLE = ['alice', 'bob', 'carol', 'dave', 'erin']

interface DemoRoom {
  readonly id: string
  readonly name: string
  readonly kind: RoomKind
  readonly members: readonly string[]
  /** Share of all messages. */
  readonly share: number
  readonly unread?: Readonly<Record<string, number>>
}

const ROOMS: readonly DemoRoom[] = [
  {
    id: 'general',
    name: 'General',
    kind: 'channel',
    members: PEOPLE,
    share: 0.55,
    unread: { alice: 4, bob: 2 },
  },
  { id: 'design', name: 'Design', kind: 'group', members: ['alice', 'bob', 'dave'], share: 0.15 },
  {
    id: 'releases',
    name: 'Releases',
    kind: 'channel',
    members: ['alice', 'bob', 'carol', 'erin'],
    share: 0.12,
    unread: { alice: 1, erin: 7 },
  },
  { id: 'alice-bob', name: 'Alice and Bob', kind: 'direct', members: ['alice', 'bob'], share: 0.1 },
  { id: 'alice-carol', name: 'Alice and Carol', kind: 'direct', members: ['alice', 'carol'], share: 0.06 },
  { id: 'lunch', name: 'Lunch', kind: 'group', members: ['bob', 'carol', 'dave', 'erin'], share: 0.02 },
]

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const AWAKE_MS = 12 * HOUR_MS
const SPAN_DAYS = 28
const MIN_TURNS = 2
const MAX_TURNS = 9
/** With the one who begins and the one who ends it. */
const MAX_LINES = MAX_TURNS + 2

/** The same options give the same text; `nowMs` only moves the times. */
export function createConversations({
  seed = 1,
  messages = 3000,
  nowMs,
}: ConversationsOptions): Conversations {
  const random = createRandom(seed)
  return {
    users: PEOPLE.map((name) => ({ id: name, username: name })),
    rooms: ROOMS.map(({ share, ...room }) => ({
      ...room,
      messages: converse(room, { random, count: Math.max(1, Math.round(messages * share)), nowMs }),
    })),
  }
}

interface Conversing {
  readonly random: Random
  readonly count: number
  readonly nowMs: number
}

function converse(
  room: Pick<DemoRoom, 'id' | 'members' | 'unread'>,
  { random, count, nowMs }: Conversing,
): MessageSeed[] {
  const { members, unread = {} } = room
  // Who has not read the end of it was not there to say something either.
  const present = members.filter((member) => !unread[member])
  const readByAll = count - Math.max(0, ...Object.values(unread))
  const said: Omit<MessageSeed, 'timestamp'>[] = []
  const pauses: (number | undefined)[] = []
  while (said.length < count) {
    const speakers = said.length + MAX_LINES > readByAll ? present : members
    const turns = conversation({ speakers, members }, random)
    turns.forEach((turn, index) => {
      const id = `${room.id}-${String(said.length + 1).padStart(5, '0')}`
      const isReply = index > 1 && random() < 0.06
      const repliedTo = said[said.length - 1 - Math.floor(random() * Math.min(index, 4))]?.id
      said.push({ id, ...turn, ...(isReply && repliedTo !== undefined ? { reply_to_id: repliedTo } : {}) })
      pauses.push(index === 0 ? undefined : pauseMs(turn.content, random))
    })
  }
  const kept = said.slice(0, count)
  const times = spread(pauses.slice(0, count), { random, nowMs })
  return kept.map((message, index) => ({
    ...message,
    timestamp: new Date(times[index] ?? nowMs).toISOString(),
  }))
}

/** Somebody begins, others answer, somebody ends it. */
function conversation(
  { speakers, members }: { readonly speakers: readonly string[]; readonly members: readonly string[] },
  random: Random,
): Omit<MessageSeed, 'id' | 'timestamp'>[] {
  const topic = pick(TOPICS, random)
  const turns = MIN_TURNS + Math.floor(random() ** 1.5 * (MAX_TURNS - MIN_TURNS))
  const lines = [pick(topic.openers, random), ...sample(topic, turns, random), pick(topic.closers, random)]
  const opener = pick(speakers, random)
  let sender = opener
  return lines.map((line, index) => {
    // Whoever asked closes; among the others, now and then one and the same person adds something.
    if (index === lines.length - 1) sender = opener
    else if (index > 0 && (sender === opener || random() < 0.8))
      sender = otherThan([sender, opener], speakers, random)
    const content = fill(line, { random, others: members.filter((member) => member !== sender) })
    const reactions = reactionsOf(
      speakers.filter((member) => member !== sender),
      random,
    )
    return { sender, content, ...(reactions ? { reactions } : {}) }
  })
}

function sample(topic: Topic, count: number, random: Random): string[] {
  const left = [...topic.replies]
  const lines: string[] = []
  while (lines.length < count && left.length > 0) {
    lines.push(...left.splice(Math.floor(random() * left.length), 1))
  }
  return lines
}

function fill(line: string, { random, others }: { random: Random; others: readonly string[] }): string {
  return line.replace(/\{(\w+)\}/g, (_slot, name: string) =>
    name === 'person' ? pick(others, random) : pick(WORDS[name] ?? [name], random),
  )
}

function reactionsOf(members: readonly string[], random: Random): Record<string, string[]> | undefined {
  if (random() > 0.12) return undefined
  const fans = members.filter(() => random() < 0.5)
  return fans.length === 0 ? undefined : { [pick(REACTIONS, random)]: fans }
}

/** What it takes to read the room and to write this. */
const pauseMs = (content: string, random: Random) => (8 + content.length / 6) * (0.6 + random()) * 1000

/**
 * Times that end shortly before now. Within a conversation the pauses are as given; what is left of the weeks goes to
 * the pauses between conversations, in uneven parts.
 */
function spread(
  pauses: readonly (number | undefined)[],
  { random, nowMs }: { random: Random; nowMs: number },
): number[] {
  const weights = pauses.map((pause) => (pause === undefined ? random() ** 2 + 0.05 : 0))
  const totalWeight = weights.reduce((sum, weight) => sum + weight, 0)
  const talkMs = pauses.reduce<number>((sum, pause) => sum + (pause ?? 0), 0)
  const freeMs = Math.max(0, SPAN_DAYS * AWAKE_MS - talkMs)
  const gaps = pauses.map((pause, index) => pause ?? (freeMs * (weights[index] ?? 0)) / totalWeight)
  let awakeAgoMs = gaps.reduce((sum, gap) => sum + gap, 0) + random() * HOUR_MS
  return gaps.map((gap) => {
    awakeAgoMs -= gap
    return Math.floor(nowMs - withNights(awakeAgoMs))
  })
}

/** Nobody writes at night: after each twelve hours of being awake, counted back from now, come twelve of silence. */
const withNights = (awakeMs: number) => awakeMs + Math.floor(awakeMs / AWAKE_MS) * (DAY_MS - AWAKE_MS)

/** In a conversation of two the other one answers twice. */
function otherThan(excluded: readonly [string, string], members: readonly string[], random: Random): string {
  const others = members.filter((member) => !excluded.includes(member))
  return pick(others.length === 0 ? members.filter((member) => member !== excluded[1]) : others, random)
}

function pick<Value>(values: readonly Value[], random: Random): Value {
  const value = values[Math.floor(random() * values.length)]
  if (value === undefined) throw new Error('Nothing to pick from')
  return value
}
