/** Frames of every documented type with wrong types, sizes and names, from a seed. */
import { createRandom } from '../../src/testing/server/random.ts'

const TYPES = [
  ...[
    'chat_message',
    'edit_message',
    'delete_message',
    'add_reaction',
    'remove_reaction',
    'typing_indicator',
  ],
  ...['read_receipt', 'mark_unread', 'get_rooms', 'get_history', 'get_members', 'subscribe_room', 'sync'],
  ...[
    'unsubscribe_room',
    'join_room',
    'leave_room',
    'ping',
    'pong',
    'welcome',
    'response',
    'error',
    'toString',
  ],
]

const FIELDS = [
  ...['room_id', 'message', 'message_id', 'client_id', 'reply_to_id', 'attachments', 'metadata', 'reaction'],
  ...[
    'is_typing',
    'cursor',
    'limit',
    'before',
    'after',
    'around',
    'rooms',
    'timestamp',
    'seq',
    'epoch',
    '__proto__',
  ],
]

const NAMES = ['r1', 'r2', 'm1', 'm2', 'alice', '__proto__', 'constructor', 'toString', '..', '%2f', '']

/** JSON texts: some of these exist as text only. */
const ODD = [
  ...[
    'null',
    'true',
    'false',
    '0',
    '-0',
    '-1',
    '1.5',
    '1e999',
    '-1e999',
    '9007199254740993',
    '1e21',
    '""',
    '" "',
  ],
  ...[
    '"\\u0000"',
    '"\\ud800"',
    '"\\udfff\\ud800"',
    '"\\u202e"',
    '[]',
    '{}',
    '[[]]',
    '{"toString":1}',
    '{"__proto__":[]}',
  ],
  ...[
    '{"seq":0,"epoch":"e1"}',
    '{"seq":-1,"epoch":"e1"}',
    '{"seq":1e999,"epoch":"e1"}',
    '{"message_id":"m1"}',
  ],
  ...['{"then":1}', '{"toJSON":"x"}', '{"length":1e9}'],
]

export interface HostileFrames {
  /** The text of a message: a frame, several, or nothing of the kind. */
  next(): string
}

/** `depth`: of the deepest ones, in brackets. Large messages count towards a server's limits as many small ones do. */
export function createHostileFrames(seed: number, depth = 10_000): HostileFrames {
  const random = createRandom(seed)
  const pick = <Value>(values: readonly Value[]): Value =>
    values[Math.floor(random() * values.length)] as Value
  const chance = (probability: number) => random() < probability
  const many = (max: number, make: () => string) => Array.from({ length: Math.floor(random() * max) }, make)
  const name = () => JSON.stringify(chance(0.1) ? 'x'.repeat(Math.floor(random() * 600)) : pick(NAMES))
  const nest = () => {
    const levels = pick([1, 5, 40, depth])
    const [open, close] = pick([
      ['[', ']'],
      ['{"a":', '}'],
    ] as const)
    return `${open.repeat(levels)}1${close.repeat(levels)}`
  }
  const value = (): string => {
    const kind = random()
    if (kind < 0.45) return name()
    if (kind < 0.75) return pick(ODD)
    if (kind < 0.8) return nest()
    if (kind < 0.85) return JSON.stringify(pick(['é', '👍', '@alice ', 'x']).repeat(pick([1, 50, depth / 2])))
    if (kind < 0.93) return `[${many(8, value).join()}]`
    return `{${many(8, () => `${name()}:${value()}`).join()}}`
  }
  const fields = () => many(6, () => `"${pick(FIELDS)}":${value()}`)
  const frame = (): string => {
    const kind = random()
    if (kind < 0.05) return value()
    const type = kind < 0.1 ? value() : JSON.stringify(pick(TYPES))
    const data =
      kind < 0.2 ? value() : `{${[`"room_id":${chance(0.7) ? '"r1"' : value()}`, ...fields()].join()}}`
    const id = chance(0.7) ? `,"id":${chance(0.8) ? `"q${Math.floor(random() * 1000)}"` : value()}` : ''
    return `{"type":${type},"data":${data}${id}}`
  }
  const text = () => (chance(0.2) ? `[${many(6, frame).join()}]` : frame())
  return {
    next: () => {
      const whole = text()
      return chance(0.03) ? whole.slice(0, Math.floor(random() * whole.length)) : whole
    },
  }
}
