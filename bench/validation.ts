/** What it costs to check one message: `node bench/validation.ts`. Quote the ratios, not the numbers. */
import * as zod from 'zod'
import { quick } from '../src/chat/model/data/fit.ts'
import { Message } from '../src/chat/model/data/schemas.ts'

const frame = JSON.stringify({
  id: 'm00000042',
  client_id: 'V1StGXR8_Z5jdHi6B-myT',
  room_id: 'general',
  sender: { id: 'alice', username: 'alice', avatar_url: null },
  content: 'A message of ordinary length, as people send them all day.',
  timestamp: '2024-01-15T10:30:00.000Z',
  seq: 42,
  version: 1,
  reactions: [{ name: '👍', count: 2, me: false }],
})
const message: unknown = JSON.parse(frame)

function zodMessage() {
  const id = zod.union([zod.string(), zod.number()])
  const text = zod.string().nullish()
  const sender = zod.looseObject({ id, username: zod.string(), avatar_url: text })
  const reaction = zod.looseObject({ name: zod.string(), count: zod.number(), me: zod.boolean().optional() })
  return zod.looseObject({
    id,
    client_id: text,
    room_id: id,
    sender,
    content: zod.string(),
    timestamp: zod.string(),
    seq: zod.number().optional(),
    version: zod.number().optional(),
    edited_at: text,
    deleted_at: text,
    reply_to_id: id.nullish(),
    reactions: zod.array(reaction).optional(),
  })
}

const withJit = zodMessage()
zod.config({ jitless: true })
// Decided when a schema first parses, so this one is made after the switch.
const withoutJit = zodMessage()
zod.config({ jitless: false })
withJit.parse(message)
zod.config({ jitless: true })
withoutJit.parse(message)
zod.config({ jitless: false })
const { validate } = quick(Message)['~standard']

const subjects: Record<string, () => unknown> = {
  'JSON.parse': () => JSON.parse(frame),
  'querywire/chat, quick': () => validate(message),
  'zod with JIT': () => withJit.safeParse(message),
  'zod without JIT (strict CSP)': () => withoutJit.safeParse(message),
  'zod/mini, the same schema': () => Message.safeParse(message),
}

const RUNS = 200_000
const ROUNDS = 7

function microsecondsOf(run: () => unknown): number {
  let sink = 0
  const started = performance.now()
  for (let count = 0; count < RUNS; count++) if (run()) sink++
  if (sink !== RUNS) throw new Error('Nothing was checked')
  return ((performance.now() - started) * 1_000) / RUNS
}

for (const run of Object.values(subjects)) microsecondsOf(run)
for (const [name, run] of Object.entries(subjects)) {
  const rounds = Array.from({ length: ROUNDS }, () => microsecondsOf(run)).sort((a, b) => a - b)
  console.log(`${name.padEnd(30)} ${rounds[ROUNDS >> 1]?.toFixed(3)} µs`)
}
const kept = validate(message)
console.log(
  `the object itself is kept: ${!(kept instanceof Promise) && !kept.issues && kept.value === message}`,
)
