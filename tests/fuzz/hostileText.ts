/** Socket messages as a broken or hostile server would write them: documented frames, mutated as trees and as text. */
import type { Random } from '../../src/testing/server/random.ts'

/** JSON as text: what no value of JavaScript can be written as (duplicate fields, `NaN`, 10 000 levels). */
class Raw {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Tree = null | boolean | number | string | Raw | Tree[] | Map<string, Tree>

export const pick = <T>(random: Random, all: readonly T[]): T => all[Math.floor(random() * all.length)] as T

const NAMES = [
  'toString',
  'constructor',
  '__proto__',
  'hasOwnProperty',
  'valueOf',
  'prototype',
  'length',
  'then',
  'toJSON',
  '',
  ' ',
  '.',
  '..',
  '%2e%2e',
  '?#/\\',
  '\u0000',
  '\ud800',
  '\u202e',
  'x'.repeat(10_000),
]

const FIELDS = [
  'type',
  'id',
  'reply_to',
  'data',
  'error',
  'room_id',
  'seq',
  'epoch',
  'timestamp',
  'message',
  'client_id',
  'user',
  'version',
  'heads',
  'batch',
  'level',
]

const TYPES = [
  'welcome',
  'pong',
  'ping',
  'draining',
  'resync_required',
  'response',
  'error',
  'auth',
  'sync',
  'chat_message',
  'message_updated',
  'message_deleted',
  'reaction_updated',
  'room_removed',
  'room_updated',
  'user_status',
  'get_history',
]

const nested = (depth: number) => new Raw('['.repeat(depth) + ']'.repeat(depth))
const nestedFields = (depth: number) => new Raw(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`)

const VALUES: readonly ((random: Random) => Tree)[] = [
  () => null,
  (random) => random() < 0.5,
  (random) => pick(random, [0, -0, -1, 0.5, 1, 2, 7, 1e9, 2 ** 31, 2 ** 53, -(2 ** 53), 1e21, 1e308, -1e308]),
  (random) =>
    new Raw(pick(random, ['9007199254740993', '1e400', '-1e400', '123456789012345678901234567890'])),
  (random) => pick(random, NAMES),
  (random) => pick(random, TYPES),
  (random) =>
    pick(random, ['e1', 'e2', 'general', 'den', 'alice', 'mallory', 'm00000001', '9999-12-31T23:59:59.999Z']),
  (random) =>
    pick(random, ['2024-13-45T99:99:99Z', '-271821-04-20T00:00:00.000Z', '2024-01-15', 'yesterday', '1e9']),
  () => [],
  () => new Map(),
  () => new Raw('{"toString":1,"valueOf":1}'),
  () => new Raw('{"__proto__":{"polluted":1}}'),
  () => new Raw('{"constructor":{"prototype":{"polluted":1}}}'),
  () => new Raw('{"then":1,"toJSON":1,"length":1e9}'),
  (random) => nested(pick(random, [3, 200, 3_000, 10_000])),
  (random) => nestedFields(pick(random, [3, 200, 3_000, 10_000])),
  () => 'x'.repeat(100_000),
  (random) => Array.from({ length: pick(random, [10, 2_000]) }, () => pick(random, [null, 1, 'a'])),
]

/** What ids must not be, and what they may be but nobody expects. */
const ODD_IDS: readonly (() => Tree)[] = [
  () => new Raw('{"toString":1,"valueOf":1}'),
  () => new Map(),
  () => [[]],
  () => null,
  () => '',
  () => '\ud800',
  () => '__proto__',
  () => new Raw('9007199254740993'),
  () => new Raw('1e400'),
]

const isIdName = (name: string | undefined) => name !== undefined && /(^|_)(id|to)$/.test(name)

const anyValue = (random: Random) => pick(random, VALUES)(random)

function toTree(value: unknown): Tree {
  if (Array.isArray(value)) return value.map(toTree)
  if (typeof value === 'object' && value !== null)
    return new Map(Object.entries(value).map(([name, field]) => [name, toTree(field)]))
  return value as Tree
}

function write(tree: Tree): string {
  if (tree instanceof Raw) return tree.text
  if (Array.isArray(tree)) return `[${tree.map(write).join(',')}]`
  if (tree instanceof Map)
    return `{${[...tree].map(([name, field]) => `${JSON.stringify(name)}:${write(field)}`).join(',')}}`
  return JSON.stringify(tree) ?? 'null'
}

/** A node in place: how to read and to replace it. */
interface Place {
  readonly name?: string
  readonly value: Tree
  readonly holder: Tree[] | Map<string, Tree>
  set(value: Tree): void
  remove(): void
}

function placesIn(tree: Tree, found: Place[] = []): Place[] {
  if (found.length > 200) return found
  if (Array.isArray(tree)) {
    for (const [at, value] of tree.entries()) {
      const set = (next: Tree) => {
        tree[at] = next
      }
      found.push({ value, holder: tree, set, remove: () => tree.splice(at, 1) })
      placesIn(value, found)
    }
  } else if (tree instanceof Map) {
    for (const [name, value] of tree) {
      const set = (next: Tree) => tree.set(name, next)
      found.push({ name, value, holder: tree, set, remove: () => tree.delete(name) })
      placesIn(value, found)
    }
  }
  return found
}

const MUTATIONS: readonly ((random: Random, place: Place, all: readonly Place[]) => void)[] = [
  (random, place) => place.set(anyValue(random)),
  (random, place) => place.set(anyValue(random)),
  (random, place, all) => place.set(pick(random, all).value),
  (_, place) => place.remove(),
  (_, place) => place.set([place.value]),
  (random, place) => place.set(new Map([[pick(random, [...NAMES, ...FIELDS]), place.value]])),
  (random, { holder }) => {
    if (holder instanceof Map) holder.set(pick(random, [...NAMES, ...FIELDS]), anyValue(random))
    else holder.push(anyValue(random))
  },
  (random, { holder, value }) => {
    // Fields without a sense of their own may be a channel, a user, an id.
    if (holder instanceof Map) holder.set(pick(random, NAMES), value)
    else for (let times = pick(random, [1, 2, 500]); times > 0; times--) holder.push(value)
  },
]

function mutateTree(random: Random, frame: unknown): string {
  const root: Tree[] = [toTree(frame)]
  for (let times = 1 + Math.floor(random() * 3); times > 0; times--) {
    const places = placesIn(root)
    // Ids are few among all that a frame holds, and most is made of them.
    const ids = places.filter(({ name }) => isIdName(name))
    if (ids.length > 0 && random() < 0.3) pick(random, ids).set(pick(random, ODD_IDS)())
    else if (places.length > 0) pick(random, MUTATIONS)(random, pick(random, places), places)
  }
  // The tree may hold itself now; nothing is written deeper than a parser could read.
  try {
    return root.map(write).join(',')
  } catch {
    return '{"type":"too deep to be written"}'
  }
}

const TEXT_MUTATIONS: readonly ((random: Random, text: string) => string)[] = [
  (random, text) => text.slice(0, Math.floor(random() * text.length)),
  (random, text) => {
    const at = Math.floor(random() * text.length)
    return (
      text.slice(0, at) + pick(random, ['"', '{', '}', ',', '\\', 'NaN', '\u0000', '\ufeff']) + text.slice(at)
    )
  },
  (random, text) => text.replace(/:("[^"]*"|\d+)/, `:${pick(random, ['NaN', 'Infinity', 'undefined', '-'])}`),
  (_, text) => `\ufeff${text}`,
  (_, text) => text + text,
  (random) =>
    pick(random, ['', ' ', 'null', '0', '"x"', '[]', '[[]]', '{}', '[null,1,"a",{}]', 'ping', '\u0000']),
]

export type Hostile = string | ArrayBuffer

export interface Written {
  readonly data: Hostile
  /** Still JSON: every other frame in the same message has to be taken. */
  readonly isJson: boolean
}

/** One frame of the documented ones, broken. `neighbours` go into the same message, untouched. */
export function hostile(random: Random, frame: unknown, neighbours: readonly unknown[] = []): Written {
  const broken = random() < 0.05 ? JSON.stringify(frame) : mutateTree(random, frame)
  const parts = [...neighbours.map((one) => JSON.stringify(one)), broken]
  if (random() < 0.5) parts.reverse()
  const text = parts.length === 1 && random() < 0.8 ? broken : `[${parts.join(',')}]`
  if (random() < 0.08) return { data: pick(random, TEXT_MUTATIONS)(random, text), isJson: false }
  if (random() < 0.03) return { data: bytes(random, text), isJson: false }
  return { data: text, isJson: broken !== '' }
}

function bytes(random: Random, text: string): ArrayBuffer {
  const all = new TextEncoder().encode(text)
  if (random() < 0.5) for (let times = 3; times > 0; times--) all[Math.floor(random() * all.length)] = 0xff
  return all.buffer as ArrayBuffer
}

/** The claims of a token, as text. */
export function hostileClaims(random: Random): {
  readonly claims: string
  readonly named: readonly string[]
} {
  const fields = ['sub', 'user_id', 'exp', 'iat'].filter(() => random() < 0.7)
  const values = fields.map((name) => {
    const value = random() < 0.5 ? pick(random, ODD_IDS)() : anyValue(random)
    return [name, write(value)] as const
  })
  const named = values.flatMap(([name, text]) => (name === 'sub' || name === 'user_id' ? text : []))
  return { claims: `{${values.map(([name, text]) => `"${name}":${text}`).join(',')}}`, named }
}

export interface Known {
  readonly rooms: readonly string[]
  readonly messages: readonly string[]
  readonly users: readonly string[]
  readonly pending: readonly string[]
  readonly seq: number
  readonly epoch: string
}

const message = (random: Random, { rooms, messages, users, seq }: Known) => {
  const name = pick(random, users)
  return {
    id: random() < 0.5 ? pick(random, messages) : `h${Math.floor(random() * 1e6)}`,
    room_id: pick(random, rooms),
    sender: { id: name, username: name },
    content: 'hello',
    timestamp: '2024-01-15T10:30:00.000Z',
    seq: seq + Math.floor(random() * 3),
    version: 1 + Math.floor(random() * 3),
    reactions: [{ reaction: '👍', count: 1, user_ids: [name], me: false }],
    client_id: `id-${Math.floor(random() * 50)}`,
    reply_to: null,
    edited_at: null,
    deleted_at: null,
  }
}

const membership =
  (type: string) =>
  (random: Random, { rooms, users, seq, epoch }: Known) => {
    const id = pick(random, users)
    const room_id = pick(random, rooms)
    const data = { room_id, member: { id, username: id, user: { id, username: id } } }
    return { type, room_id, seq: seq + 1, epoch, data }
  }

/** Every frame that a server may send, in its documented shape. */
const FRAMES: Readonly<Record<string, (random: Random, known: Known) => object>> = {
  welcome: (random, { rooms, seq, epoch }) => ({
    type: 'welcome',
    data: {
      connection_id: 'c1',
      user: { id: 'alice', username: 'alice' },
      server_time: 1_705_314_600_000,
      batch: true,
      level: Math.floor(random() * 4),
      heads: { [pick(random, rooms)]: { seq, epoch } },
      room_id: pick(random, rooms),
      seq,
      epoch,
    },
  }),
  pong: (random, { rooms, seq, epoch }) => ({
    type: 'pong',
    timestamp: 1,
    data: { timestamp: 1, server_time: 1_705_314_600_000, heads: { [pick(random, rooms)]: { seq, epoch } } },
  }),
  ping: () => ({ type: 'ping', data: { timestamp: 1 } }),
  draining: () => ({ type: 'draining', data: { retry_after_ms: 100 } }),
  resync_required: (random, { rooms }) => ({
    type: 'resync_required',
    room_id: pick(random, rooms),
    data: { room_id: pick(random, rooms), reason: 'lost' },
  }),
  response: (random, known) => ({
    type: 'response',
    reply_to: pick(random, known.pending) ?? 'id-1',
    data: {
      message: message(random, known),
      messages: [message(random, known), message(random, known)],
      rooms: { general: { events: [], complete: true, seq: known.seq, epoch: known.epoch } },
      members: [],
      has_older: false,
      has_newer: false,
      next_cursor: null,
      as_of: known.seq,
      epoch: known.epoch,
      seq: known.seq,
      reactions: [],
      version: 2,
    },
  }),
  error: (random, { pending }) => ({
    type: 'error',
    ...(random() < 0.7 && { reply_to: pick(random, pending) ?? 'id-1' }),
    error: {
      code: pick(random, ['rate_limited', 'forbidden', 'unavailable', 'invalid', 'not_found', 'nonsense']),
      message: 'no',
      retryable: random() < 0.5,
      retry_after_ms: pick(random, [0, -1, 10, 5_000, 2 ** 31, 2 ** 53]),
    },
  }),
  chat_message: (random, known) => ({
    type: 'chat_message',
    room_id: pick(random, known.rooms),
    seq: known.seq + Math.floor(random() * 4),
    epoch: known.epoch,
    message: message(random, known),
  }),
  message_updated: (random, known) => ({
    type: 'message_updated',
    room_id: pick(random, known.rooms),
    seq: known.seq + 1,
    epoch: known.epoch,
    data: { message: message(random, known) },
  }),
  message_deleted: (random, { rooms, messages, seq, epoch }) => ({
    type: 'message_deleted',
    room_id: pick(random, rooms),
    seq: seq + 1,
    epoch,
    data: { room_id: pick(random, rooms), message_id: pick(random, messages), version: 2 },
  }),
  reaction_updated: (random, { rooms, messages, seq, epoch }) => ({
    type: 'reaction_updated',
    room_id: pick(random, rooms),
    seq: seq + 1,
    epoch,
    data: {
      room_id: pick(random, rooms),
      message_id: pick(random, messages),
      reactions: [{ reaction: '👍', count: 2, user_ids: ['alice', 'bob'], me: true }],
      version: 2,
    },
  }),
  member_joined: membership('member_joined'),
  member_left: membership('member_left'),
  typing_indicator: (random, { rooms, users }) => {
    const id = pick(random, users)
    const room_id = pick(random, rooms)
    return {
      type: 'typing_indicator',
      room_id,
      data: { room_id, user: { id, username: id }, is_typing: true },
    }
  },
  read_receipt: (random, { rooms, users, messages }) => {
    const room_id = pick(random, rooms)
    return {
      type: 'read_receipt',
      room_id,
      data: {
        room_id,
        user_id: pick(random, users),
        message_id: pick(random, messages),
        read_at: '2024-01-15T10:30:00.000Z',
      },
    }
  },
  unread_update: (random, { rooms, messages }) => ({
    type: 'unread_update',
    data: {
      room_id: pick(random, rooms),
      unread_count: 3,
      mention_count: 1,
      last_read_message_id: pick(random, messages),
      version: 4,
    },
  }),
  room_updated: (random, known) => ({
    type: 'room_updated',
    data: {
      room: {
        id: pick(random, known.rooms),
        name: 'Room',
        unread_count: 0,
        mention_count: 0,
        last_message: message(random, known),
        last_activity_at: '2024-01-15T10:30:00.000Z',
      },
    },
  }),
  room_added: (random, known) => ({
    type: 'room_added',
    data: {
      room: { id: pick(random, ['general', 'new']), name: 'New', unread_count: known.seq, mention_count: 0 },
    },
  }),
  room_removed: (random, { rooms }) => ({
    type: 'room_removed',
    data: { room_id: pick(random, rooms), reason: 'kicked' },
  }),
  user_status: (random, { users }) => ({
    type: 'user_status',
    data: { user_id: pick(random, users), status: 'online', last_seen_at: '2024-01-15T10:30:00.000Z' },
  }),
  notification: () => ({ type: 'notification', data: { title: 'x' } }),
  card_moved: (random, { seq, epoch }) => ({
    type: pick(random, ['card_added', 'card_moved', 'card_removed', 'count']),
    seq,
    epoch,
    data: { id: `card${Math.floor(random() * 5)}`, column: 'done', count: 5 },
  }),
}

const FRAME_NAMES = Object.keys(FRAMES)

export function documented(random: Random, known: Known): object {
  return FRAMES[pick(random, FRAME_NAMES)]?.(random, known) ?? {}
}
