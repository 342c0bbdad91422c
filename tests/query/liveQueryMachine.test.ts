import { describe, expect, it } from 'vitest'
import type { SequencedOp } from '../../src/query/fold/items.ts'
import type { Kind } from '../../src/query/fold/kinds.ts'
import { NO_OPS, type Op } from '../../src/query/fold/op.ts'
import type { Effect, Input } from '../../src/query/live/inputs.ts'
import { next } from '../../src/query/live/machine.ts'
import {
  addTo,
  type Backlog,
  type LiveQueryState,
  opsIn,
  see,
  statusOf,
  UNUSED,
  type Use,
} from '../../src/query/live/state.ts'

const opOf = (item: string): Op<unknown> => ({ kind: 'upsert', item })
const itemOf = (op: Op<unknown>) => (op as Extract<Op<string>, { kind: 'upsert' }>).item
const event = (seq: number): SequencedOp<unknown> => ({ op: opOf(String(seq)), seq })
const allOf = (ops: readonly Op<unknown>[]) => ops.map(itemOf).join('')

/** One after another. */
const waiting = (...numbers: readonly number[]) =>
  numbers.reduce((before: Backlog, seq) => addTo(before, [event(seq)]), undefined)

const textOf = (ops: readonly SequencedOp<unknown>[]) => allOf(ops.map(({ op }) => op))

/** Data is a text, an event adds its number; what is optimistic stands in brackets. `3` may be what `x` anticipated. */
const kind: Kind = {
  fold: (data, ops) => `${data}${textOf(ops)}`,
  overlay: (data, ops) => `${data}(${allOf(ops)})`,
  adopt: (data) => data,
  confirms: (_anticipated, op) => (itemOf(op) === '3' ? opOf('x') : undefined),
  positionOf: () => undefined,
}

const nobody: Use = { ...UNUSED.use, pageSize: 50, maxPages: 9 }
const reader: Use = { ...nobody, isActive: true }
const asker: Use = { ...reader, isFetching: true }
const failed: Use = { ...reader, hasError: true }
const channel = { live: true, hasGap: false, continuity: 1 }
const down = { ...channel, live: false }
const joined: LiveQueryState = { ...UNUSED, channel, use: reader }
const picture = { of: '12', view: '12', shown: NO_OPS }
const whole: LiveQueryState = { ...joined, base: '12', picture, continuity: 1, asOf: { seq: 2 } }
const doubtful: LiveQueryState = { ...whole, continuity: -1 }

const states = {
  unused: UNUSED,
  'joined, down': { ...joined, channel: down, use: asker },
  asking: { ...joined, use: asker },
  arriving: {
    ...joined,
    use: asker,
    continuity: 1,
    asOf: { seq: 2 },
    arrival: { ...picture, later: waiting(4) },
    unfolded: waiting(2, 4),
  },
  live: whole,
  'cut off': { ...whole, channel: down },
  gap: { ...whole, channel: { ...channel, hasGap: true } },
  doubtful,
  'asking again': { ...doubtful, use: asker },
  paused: { ...doubtful, use: failed, pause: 'timed', failures: 1 },
  'paused for good': { ...joined, use: failed, pause: 'for good', failures: 1 },
  lingering: { ...whole, use: nobody, isLingering: true },
  left: { ...whole, use: nobody, channel: undefined, continuity: -1 },
  'left, doubted': { ...whole, use: nobody, channel: undefined, continuity: -1, doubts: 1 },
} as const satisfies Record<string, LiveQueryState>

interface Told {
  readonly input: Input
  /** What is seen of the query and of the channel when it is told; as before where it does not say. */
  readonly use?: Partial<Use>
  readonly channel?: Partial<typeof channel>
}

const position = { seq: 2 }
const none = { anticipated: [], position, shown: NO_OPS, missed: undefined }
const told = { type: 'told', ops: [opOf('5')], at: 0, after: 2, ...none } as const
const answered = {
  type: 'answered',
  position: { seq: 3 },
  isWhole: true,
  isOlder: false,
  continuity: 1,
  doubts: 0,
} as const

const inputs = {
  'looked at': { input: { type: 'used' }, use: { isActive: true } },
  'looked away': { input: { type: 'used' }, use: { isActive: false, isFetching: false } },
  'fetch begun': { input: { type: 'used' }, use: { isFetching: true } },
  joined: { input: { type: 'joined', channel, ...none } },
  'joined, going on': { input: { type: 'joined', channel, ...none, missed: [event(3)] } },
  refused: { input: { type: 'refused' } },
  left: { input: { type: 'left', idleMs: 5_000, ...none } },
  'channel live': { input: { type: 'channelChanged' }, channel: { live: true } },
  'channel missed': { input: { type: 'channelChanged' }, channel: { live: true, continuity: 2 } },
  'channel down': { input: { type: 'channelChanged' }, channel: { live: false } },
  'heard 3': { input: { type: 'heard', ops: [event(3)], anticipated: [] } },
  'heard 2': { input: { type: 'heard', ops: [event(2)], anticipated: [] } },
  'heard x': {
    input: {
      type: 'heard',
      ops: [event(3)],
      anticipated: [{ pending: {} as never, op: opOf('x'), isGuessed: false }],
    },
  },
  told: { input: told },
  'told ahead': { input: { ...told, position: { seq: 1 } } },
  doubted: { input: { type: 'doubted' } },
  disowned: { input: { type: 'disowned' } },
  asked: { input: { type: 'asked' } },
  answered: { input: answered },
  'answered, doubtful': { input: { ...answered, continuity: -1 } },
  'answered, older': { input: { ...answered, isOlder: true } },
  'answered, a page': { input: { ...answered, isWhole: false, position: { seq: 1 } } },
  arrived: { input: { type: 'arrived', data: '12', ...none, missed: [event(3)] } },
  read: { input: { type: 'read' } },
  merged: { input: { type: 'merged', data: '123', shown: NO_OPS }, use: { isFetching: true } },
  fetched: { input: { type: 'fetched', view: '12' }, use: { isFetching: false, hasError: false } },
  'fetched, shared': {
    input: { type: 'fetched', view: 'other' },
    use: { isFetching: false, hasError: false },
  },
  failed: { input: { type: 'failed' }, use: { isFetching: false, hasError: true } },
  'failed, hinted': {
    input: { type: 'failed' },
    use: { isFetching: false, hasError: true, retryAfterMs: 9_000 },
  },
  overwritten: { input: { type: 'overwritten' } },
  cancelled: { input: { type: 'overwritten' }, use: { isFetching: false } },
  copied: { input: { type: 'copied', view: 'copy' } },
  found: { input: { type: 'found', view: '9', data: '9', ...none } },
  'found, going on': { input: { type: 'found', view: '9', data: '9', ...none, missed: [event(3)] } },
  'found, odd': { input: { type: 'found', view: 7, data: undefined, ...none } },
  'found nothing': { input: { type: 'found', view: undefined, data: undefined, ...none } },
  due: { input: { type: 'due', shown: NO_OPS } },
  'due with x': { input: { type: 'due', shown: [opOf('x')] } },
  rested: { input: { type: 'rested' } },
  'too soon': { input: { type: 'tooSoon', waitMs: 500 } },
} as const satisfies Record<string, Told>

type StateName = keyof typeof states
type InputName = keyof typeof inputs

/** Every type of input is in the table; a new one does not compile. */
const _types: {
  readonly [T in Input['type']]: {
    readonly [N in InputName]: (typeof inputs)[N] extends { readonly input: { readonly type: T } } ? N : never
  }[InputName]
} = {
  used: 'looked at',
  joined: 'joined',
  refused: 'refused',
  left: 'left',
  channelChanged: 'channel live',
  heard: 'heard 3',
  told: 'told',
  doubted: 'doubted',
  disowned: 'disowned',
  asked: 'asked',
  answered: 'answered',
  arrived: 'arrived',
  read: 'read',
  merged: 'merged',
  fetched: 'fetched',
  failed: 'failed',
  overwritten: 'overwritten',
  copied: 'copied',
  found: 'found',
  due: 'due',
  rested: 'rested',
  tooSoon: 'too soon',
}

/** So is every type of effect. */
const EFFECTS: { readonly [T in Effect['type']]: (effect: Extract<Effect, { type: T }>) => string } = {
  join: () => 'join',
  leave: ({ idleMs }) => `leave ${idleMs}`,
  linger: () => 'linger',
  stay: () => 'stay',
  write: ({ view }) => `write ${view}`,
  refetch: () => 'refetch',
  schedule: ({ confirmed }) => (confirmed.length > 0 ? 'schedule, confirmed' : 'schedule'),
  pause: ({ ms }) => `pause ${ms}`,
  endPause: () => 'endPause',
  report: ({ cause }) => `report ${cause}`,
}

const IGNORED = 'ignored'

/** Written as `status data+waiting @position ~arriving → effects`. */
const table: Record<InputName, Record<StateName, string>> = {
  'looked at': {
    unused: 'offline - → join',
    'joined, down': IGNORED,
    asking: IGNORED,
    arriving: IGNORED,
    live: IGNORED,
    'cut off': IGNORED,
    gap: IGNORED,
    doubtful: IGNORED,
    'asking again': IGNORED,
    paused: IGNORED,
    'paused for good': IGNORED,
    lingering: 'live 12 @2 → stay',
    left: 'offline 12 @2 → join',
    'left, doubted': 'offline 12 @2 → join',
  },
  'looked away': {
    unused: IGNORED,
    'joined, down': 'offline - lingering → linger',
    asking: 'catching-up - lingering → linger',
    arriving: 'live -+24 @2 ~12+4 lingering → linger',
    live: 'live 12 @2 lingering → linger',
    'cut off': 'offline 12 @2 lingering → linger',
    gap: 'gap 12 @2 lingering → linger',
    doubtful: 'catching-up 12 @2 lingering → linger',
    'asking again': 'catching-up 12 @2 lingering → linger',
    paused: 'catching-up 12 @2 paused lingering → linger',
    'paused for good': 'catching-up - paused for good lingering → linger',
    lingering: IGNORED,
    left: IGNORED,
    'left, doubted': IGNORED,
  },
  'fetch begun': {
    unused: 'offline - → join',
    'joined, down': IGNORED,
    asking: IGNORED,
    arriving: IGNORED,
    live: 'live 12 @2',
    'cut off': 'offline 12 @2',
    gap: 'gap 12 @2',
    doubtful: 'catching-up 12 @2',
    'asking again': IGNORED,
    paused: 'catching-up 12 @2 paused',
    'paused for good': 'catching-up - paused for good',
    lingering: 'live 12 @2 → stay',
    left: 'offline 12 @2 → join',
    'left, doubted': 'offline 12 @2 → join',
  },
  joined: {
    unused: 'catching-up -',
    'joined, down': 'catching-up -',
    asking: IGNORED,
    arriving: 'catching-up -+24 ~12+4',
    live: 'catching-up 12 → schedule',
    'cut off': 'catching-up 12 → schedule',
    gap: 'catching-up 12 → schedule',
    doubtful: 'catching-up 12 → schedule',
    'asking again': 'catching-up 12 → schedule',
    paused: 'catching-up 12 paused → schedule',
    'paused for good': IGNORED,
    lingering: 'catching-up 12 → schedule',
    left: 'catching-up 12 → schedule',
    'left, doubted': 'catching-up 12 → schedule',
  },
  'joined, going on': {
    unused: 'live -+3 @2',
    'joined, down': 'live -+3 @2',
    asking: 'live -+3 @2',
    arriving: 'live -+3 @2 ~12+4',
    live: 'live 12+3 @2 → schedule',
    'cut off': 'live 12+3 @2 → schedule',
    gap: 'live 12+3 @2 → schedule',
    doubtful: 'live 12+3 @2 → schedule',
    'asking again': 'live 12+3 @2 → schedule',
    paused: 'live 12+3 @2 paused → schedule',
    'paused for good': 'live -+3 @2 paused for good',
    lingering: 'live 12+3 @2 → schedule',
    left: 'live 12+3 @2 → schedule',
    'left, doubted': 'catching-up 12 → schedule',
  },
  refused: {
    unused: IGNORED,
    'joined, down': IGNORED,
    asking: IGNORED,
    arriving: IGNORED,
    live: 'live 12 @2 → refetch',
    'cut off': 'offline 12 @2 → refetch',
    gap: 'gap 12 @2 → refetch',
    doubtful: 'catching-up 12 @2 → refetch',
    'asking again': IGNORED,
    paused: IGNORED,
    'paused for good': IGNORED,
    lingering: IGNORED,
    left: IGNORED,
    'left, doubted': IGNORED,
  },
  left: {
    unused: IGNORED,
    'joined, down': 'offline - → leave 5000',
    asking: 'offline - → leave 5000',
    arriving: 'offline - → leave 5000',
    live: 'offline 12 @2 → leave 5000',
    'cut off': 'offline 12 @2 → leave 5000',
    gap: 'offline 12 @2 → leave 5000',
    doubtful: 'offline 12 → leave 5000',
    'asking again': 'offline 12 → leave 5000',
    paused: 'offline 12 → endPause, leave 5000',
    'paused for good': 'offline - → leave 5000',
    lingering: 'offline 12 @2 → leave 5000',
    left: IGNORED,
    'left, doubted': IGNORED,
  },
  'channel live': {
    unused: 'offline - → schedule',
    'joined, down': 'catching-up - → schedule',
    asking: 'catching-up - → schedule',
    arriving: 'live -+24 @2 ~12+4 → schedule',
    live: 'live 12 @2 → schedule',
    'cut off': 'live 12 @2 → schedule',
    gap: 'gap 12 @2 → schedule',
    doubtful: 'catching-up 12 @2 → refetch, schedule',
    'asking again': 'catching-up 12 @2 → schedule',
    paused: 'catching-up 12 @2 → endPause, refetch, schedule',
    'paused for good': 'catching-up - → refetch, schedule',
    lingering: 'live 12 @2 lingering → schedule',
    left: 'offline 12 @2 → schedule',
    'left, doubted': 'offline 12 @2 → schedule',
  },
  'channel missed': {
    unused: 'offline - → schedule',
    'joined, down': 'catching-up - → schedule',
    asking: 'catching-up - → schedule',
    arriving: 'catching-up -+24 @2 ~12+4 → schedule',
    live: 'catching-up 12 @2 → refetch, schedule',
    'cut off': 'catching-up 12 @2 → refetch, schedule',
    gap: 'gap 12 @2 → refetch, schedule',
    doubtful: 'catching-up 12 @2 → refetch, schedule',
    'asking again': 'catching-up 12 @2 → schedule',
    paused: 'catching-up 12 @2 → endPause, refetch, schedule',
    'paused for good': 'catching-up - → refetch, schedule',
    lingering: 'catching-up 12 @2 lingering → schedule',
    left: 'offline 12 @2 → schedule',
    'left, doubted': 'offline 12 @2 → schedule',
  },
  'channel down': {
    unused: 'offline - → schedule',
    'joined, down': 'offline - → schedule',
    asking: 'offline - → schedule',
    arriving: 'offline -+24 @2 ~12+4 → schedule',
    live: 'offline 12 @2 → schedule',
    'cut off': 'offline 12 @2 → schedule',
    gap: 'offline 12 @2 → schedule',
    doubtful: 'offline 12 @2 → schedule',
    'asking again': 'offline 12 @2 → schedule',
    paused: 'offline 12 @2 → endPause, schedule',
    'paused for good': 'offline - → schedule',
    lingering: 'offline 12 @2 lingering → schedule',
    left: 'offline 12 @2 → schedule',
    'left, doubted': 'offline 12 @2 → schedule',
  },
  'heard 3': {
    unused: 'offline -+3 → schedule',
    'joined, down': 'offline -+3 → schedule',
    asking: 'catching-up -+3 → schedule',
    arriving: 'live -+243 @2 ~12+43 → schedule',
    live: 'live 12+3 @2 → schedule',
    'cut off': 'offline 12+3 @2 → schedule',
    gap: 'gap 12+3 @2 → schedule',
    doubtful: 'catching-up 12+3 @2 → schedule',
    'asking again': 'catching-up 12+3 @2 → schedule',
    paused: 'catching-up 12+3 @2 paused → schedule',
    'paused for good': 'catching-up -+3 paused for good → schedule',
    lingering: 'live 12+3 @2 lingering → schedule',
    left: 'offline 12+3 @2 → schedule',
    'left, doubted': 'offline 12+3 @2 → schedule',
  },
  'heard 2': {
    unused: 'offline -+2 → schedule',
    'joined, down': 'offline -+2 → schedule',
    asking: 'catching-up -+2 → schedule',
    arriving: 'live -+24 @2 ~12+4 → schedule',
    live: 'live 12 @2 → schedule',
    'cut off': 'offline 12 @2 → schedule',
    gap: 'gap 12 @2 → schedule',
    doubtful: 'catching-up 12+2 @2 → schedule',
    'asking again': 'catching-up 12+2 @2 → schedule',
    paused: 'catching-up 12+2 @2 paused → schedule',
    'paused for good': 'catching-up -+2 paused for good → schedule',
    lingering: 'live 12 @2 lingering → schedule',
    left: 'offline 12+2 @2 → schedule',
    'left, doubted': 'offline 12+2 @2 → schedule',
  },
  'heard x': {
    unused: 'offline -+x → schedule, confirmed',
    'joined, down': 'offline -+x → schedule, confirmed',
    asking: 'catching-up -+x → schedule, confirmed',
    arriving: 'live -+24x @2 ~12+4x → schedule, confirmed',
    live: 'live 12+x @2 → schedule, confirmed',
    'cut off': 'offline 12+x @2 → schedule, confirmed',
    gap: 'gap 12+x @2 → schedule, confirmed',
    doubtful: 'catching-up 12+x @2 → schedule, confirmed',
    'asking again': 'catching-up 12+x @2 → schedule, confirmed',
    paused: 'catching-up 12+x @2 paused → schedule, confirmed',
    'paused for good': 'catching-up -+x paused for good → schedule, confirmed',
    lingering: 'live 12+x @2 lingering → schedule, confirmed',
    left: 'offline 12+x @2 → schedule, confirmed',
    'left, doubted': 'offline 12+x @2 → schedule, confirmed',
  },
  told: {
    unused: 'offline -+5 → schedule',
    'joined, down': 'offline -+5 → schedule',
    asking: 'catching-up -+5 → schedule',
    arriving: 'live -+245 @2 ~12+45 → schedule',
    live: 'live 12+5 @2 → schedule',
    'cut off': 'offline 12+5 @2 → schedule',
    gap: 'gap 12+5 @2 → schedule',
    doubtful: 'catching-up 12+5 @2 → schedule',
    'asking again': 'catching-up 12+5 @2 → schedule',
    paused: 'catching-up 12+5 @2 paused → schedule',
    'paused for good': 'catching-up -+5 paused for good → schedule',
    lingering: 'live 12+5 @2 lingering → schedule',
    left: 'offline 12+5 @2 → schedule',
    'left, doubted': 'offline 12+5 @2 → schedule',
  },
  'told ahead': {
    unused: 'offline -+5 → schedule',
    'joined, down': 'offline -+5 → schedule',
    asking: 'catching-up -+5 → schedule',
    arriving: 'catching-up -+245 @2 ~12+45 → schedule, schedule',
    live: 'catching-up 12+5 @2 → schedule, schedule',
    'cut off': 'offline 12+5 @2 → schedule, schedule',
    gap: 'gap 12+5 @2 → schedule, schedule',
    doubtful: 'catching-up 12+5 @2 → schedule, schedule',
    'asking again': 'catching-up 12+5 @2 → schedule, schedule',
    paused: 'catching-up 12+5 @2 paused → schedule, schedule',
    'paused for good': 'catching-up -+5 paused for good → schedule',
    lingering: 'catching-up 12+5 @2 lingering → schedule, schedule',
    left: 'offline 12+5 @2 → schedule, schedule',
    'left, doubted': 'offline 12+5 @2 → schedule, schedule',
  },
  doubted: {
    unused: 'offline - → schedule',
    'joined, down': 'offline - → schedule',
    asking: 'catching-up - → schedule',
    arriving: 'catching-up -+24 @2 ~12+4 → schedule',
    live: 'catching-up 12 @2 → schedule',
    'cut off': 'offline 12 @2 → schedule',
    gap: 'gap 12 @2 → schedule',
    doubtful: 'catching-up 12 @2 → schedule',
    'asking again': 'catching-up 12 @2 → schedule',
    paused: 'catching-up 12 @2 paused → schedule',
    'paused for good': 'catching-up - paused for good → schedule',
    lingering: 'catching-up 12 @2 lingering → schedule',
    left: 'offline 12 @2 → schedule',
    'left, doubted': 'offline 12 @2 → schedule',
  },
  disowned: {
    unused: 'offline -',
    'joined, down': 'offline -',
    asking: 'catching-up -',
    arriving: 'catching-up - @2',
    live: 'live 12 @2',
    'cut off': 'offline 12 @2',
    gap: 'gap 12 @2',
    doubtful: 'catching-up 12 @2',
    'asking again': 'catching-up 12 @2',
    paused: 'catching-up 12 @2 paused',
    'paused for good': 'catching-up - paused for good',
    lingering: 'live 12 @2 lingering',
    left: 'offline 12 @2',
    'left, doubted': 'offline 12 @2',
  },
  asked: {
    unused: IGNORED,
    'joined, down': IGNORED,
    asking: IGNORED,
    arriving: 'catching-up -+24 @2',
    live: IGNORED,
    'cut off': IGNORED,
    gap: IGNORED,
    doubtful: IGNORED,
    'asking again': IGNORED,
    paused: IGNORED,
    'paused for good': IGNORED,
    lingering: IGNORED,
    left: IGNORED,
    'left, doubted': IGNORED,
  },
  answered: {
    unused: 'offline - @3',
    'joined, down': 'offline - @3',
    asking: 'live - @3',
    arriving: 'live -+24 @3 ~12+4',
    live: 'live 12 @3',
    'cut off': 'offline 12 @3',
    gap: 'gap 12 @3',
    doubtful: 'live 12 @3',
    'asking again': 'live 12 @3',
    paused: 'live 12 @3 → endPause',
    'paused for good': 'live - @3',
    lingering: 'live 12 @3 lingering',
    left: 'offline 12 @3',
    'left, doubted': 'offline 12 @3',
  },
  'answered, doubtful': {
    unused: 'offline - @3',
    'joined, down': 'offline - @3',
    asking: 'catching-up - @3',
    arriving: 'catching-up -+24 @3 ~12+4',
    live: 'catching-up 12 @3',
    'cut off': 'offline 12 @3',
    gap: 'gap 12 @3',
    doubtful: 'catching-up 12 @3',
    'asking again': 'catching-up 12 @3',
    paused: 'catching-up 12 @3 → endPause',
    'paused for good': 'catching-up - @3',
    lingering: 'catching-up 12 @3 lingering',
    left: 'offline 12 @3',
    'left, doubted': 'offline 12 @3',
  },
  'answered, older': {
    unused: 'offline - @3 paused → pause 2000',
    'joined, down': 'offline - @3 paused → pause 2000',
    asking: 'catching-up - @3 paused → pause 2000',
    arriving: 'catching-up -+24 @3 ~12+4 paused → pause 2000',
    live: 'catching-up 12 @3 paused → pause 2000',
    'cut off': 'offline 12 @3 paused → pause 2000',
    gap: 'gap 12 @3 paused → pause 2000',
    doubtful: 'catching-up 12 @3 paused → pause 2000',
    'asking again': 'catching-up 12 @3 paused → pause 2000',
    paused: 'catching-up 12 @3 paused → pause 4000',
    'paused for good': 'catching-up - @3 paused for good',
    lingering: 'catching-up 12 @3 paused lingering → pause 2000',
    left: 'offline 12 @3 paused → pause 2000',
    'left, doubted': 'offline 12 @3 paused → pause 2000',
  },
  'answered, a page': {
    unused: IGNORED,
    'joined, down': IGNORED,
    asking: IGNORED,
    arriving: 'live -+24 @1 ~12+4',
    live: 'live 12 @1',
    'cut off': 'offline 12 @1',
    gap: 'gap 12 @1',
    doubtful: 'catching-up 12 @1',
    'asking again': 'catching-up 12 @1',
    paused: 'catching-up 12 @1 paused',
    'paused for good': IGNORED,
    lingering: 'live 12 @1 lingering',
    left: 'offline 12 @1',
    'left, doubted': 'offline 12 @1',
  },
  arrived: {
    unused: 'offline - ~123',
    'joined, down': 'offline - ~123',
    asking: 'catching-up - ~123',
    arriving: 'live -+24 @2 ~123',
    live: 'live 12 @2 ~123',
    'cut off': 'offline 12 @2 ~123',
    gap: 'gap 12 @2 ~123',
    doubtful: 'catching-up 12 @2 ~123',
    'asking again': 'catching-up 12 @2 ~123',
    paused: 'catching-up 12 @2 ~123 paused',
    'paused for good': 'catching-up - ~123 paused for good',
    lingering: 'live 12 @2 ~123 lingering',
    left: 'offline 12 @2 ~123',
    'left, doubted': 'offline 12 @2 ~123',
  },
  read: {
    unused: IGNORED,
    'joined, down': IGNORED,
    asking: IGNORED,
    arriving: 'live - @2 ~12+4',
    live: IGNORED,
    'cut off': IGNORED,
    gap: IGNORED,
    doubtful: IGNORED,
    'asking again': IGNORED,
    paused: IGNORED,
    'paused for good': IGNORED,
    lingering: IGNORED,
    left: IGNORED,
    'left, doubted': IGNORED,
  },
  merged: {
    unused: 'offline 123',
    'joined, down': 'offline 123',
    asking: 'catching-up 123',
    arriving: 'live 123+24 @2 ~12+4',
    live: 'live 123 @2',
    'cut off': 'offline 123 @2',
    gap: 'gap 123 @2',
    doubtful: 'catching-up 123 @2',
    'asking again': 'catching-up 123 @2',
    paused: 'catching-up 123 @2 paused',
    'paused for good': 'catching-up 123 paused for good',
    lingering: 'live 123 @2 lingering',
    left: 'offline 123 @2',
    'left, doubted': 'offline 123 @2',
  },
  fetched: {
    unused: 'offline - → schedule',
    'joined, down': 'offline - → schedule',
    asking: 'catching-up - → schedule',
    arriving: 'live 12+4 @2 → schedule',
    live: 'live 12 @2 → schedule',
    'cut off': 'offline 12 @2 → schedule',
    gap: 'gap 12 @2 → schedule',
    doubtful: 'catching-up 12 @2 → schedule',
    'asking again': 'catching-up 12 @2 → schedule',
    paused: 'catching-up 12 @2 paused → schedule',
    'paused for good': 'catching-up - paused for good → schedule',
    lingering: 'live 12 @2 lingering → schedule',
    left: 'offline 12 @2 → schedule',
    'left, doubted': 'offline 12 @2 → schedule',
  },
  'fetched, shared': {
    unused: 'offline - → schedule',
    'joined, down': 'offline - → schedule',
    asking: 'catching-up - → schedule',
    arriving: 'catching-up -+24 @2 → schedule',
    live: 'live 12 @2 → schedule',
    'cut off': 'offline 12 @2 → schedule',
    gap: 'gap 12 @2 → schedule',
    doubtful: 'catching-up 12 @2 → schedule',
    'asking again': 'catching-up 12 @2 → schedule',
    paused: 'catching-up 12 @2 paused → schedule',
    'paused for good': 'catching-up - paused for good → schedule',
    lingering: 'live 12 @2 lingering → schedule',
    left: 'offline 12 @2 → schedule',
    'left, doubted': 'offline 12 @2 → schedule',
  },
  failed: {
    unused: 'offline - paused for good → schedule',
    'joined, down': 'offline - paused for good → schedule',
    asking: 'catching-up - paused for good → schedule',
    arriving: 'catching-up -+24 @2 paused for good → schedule',
    live: 'live 12 @2 paused → pause 2000, schedule',
    'cut off': 'offline 12 @2 paused → pause 2000, schedule',
    gap: 'gap 12 @2 paused → pause 2000, schedule',
    doubtful: 'catching-up 12 @2 paused → pause 2000, schedule',
    'asking again': 'catching-up 12 @2 paused → pause 2000, schedule',
    paused: 'catching-up 12 @2 paused → pause 4000, schedule',
    'paused for good': 'catching-up - paused for good → schedule',
    lingering: 'live 12 @2 paused lingering → pause 2000, schedule',
    left: 'offline 12 @2 paused → pause 2000, schedule',
    'left, doubted': 'offline 12 @2 paused → pause 2000, schedule',
  },
  'failed, hinted': {
    unused: 'offline - paused for good → schedule',
    'joined, down': 'offline - paused for good → schedule',
    asking: 'catching-up - paused for good → schedule',
    arriving: 'catching-up -+24 @2 paused for good → schedule',
    live: 'live 12 @2 paused → pause 9000, schedule',
    'cut off': 'offline 12 @2 paused → pause 9000, schedule',
    gap: 'gap 12 @2 paused → pause 9000, schedule',
    doubtful: 'catching-up 12 @2 paused → pause 9000, schedule',
    'asking again': 'catching-up 12 @2 paused → pause 9000, schedule',
    paused: 'catching-up 12 @2 paused → pause 9000, schedule',
    'paused for good': 'catching-up - paused for good → schedule',
    lingering: 'live 12 @2 paused lingering → pause 9000, schedule',
    left: 'offline 12 @2 paused → pause 9000, schedule',
    'left, doubted': 'offline 12 @2 paused → pause 9000, schedule',
  },
  overwritten: {
    unused: 'offline - → schedule',
    'joined, down': 'offline - → schedule',
    asking: 'catching-up - → schedule',
    arriving: 'live -+24 @2 ~12+4 → schedule',
    live: 'live 12 @2 → schedule',
    'cut off': 'offline 12 @2 → schedule',
    gap: 'gap 12 @2 → schedule',
    doubtful: 'catching-up 12 @2 → schedule',
    'asking again': 'catching-up 12 @2 → schedule',
    paused: 'catching-up 12 @2 → endPause, schedule',
    'paused for good': 'catching-up - → schedule',
    lingering: 'live 12 @2 lingering → schedule',
    left: 'offline 12 @2 → schedule',
    'left, doubted': 'offline 12 @2 → schedule',
  },
  cancelled: {
    unused: 'offline - → schedule',
    'joined, down': 'offline - → schedule',
    asking: 'catching-up - → schedule',
    arriving: 'catching-up -+24 @2 → schedule',
    live: 'live 12 @2 → schedule',
    'cut off': 'offline 12 @2 → schedule',
    gap: 'gap 12 @2 → schedule',
    doubtful: 'catching-up 12 @2 → schedule',
    'asking again': 'catching-up 12 @2 → schedule',
    paused: 'catching-up 12 @2 → endPause, schedule',
    'paused for good': 'catching-up - → schedule',
    lingering: 'live 12 @2 lingering → schedule',
    left: 'offline 12 @2 → schedule',
    'left, doubted': 'offline 12 @2 → schedule',
  },
  copied: {
    unused: 'offline -',
    'joined, down': 'offline -',
    asking: 'catching-up -',
    arriving: 'live -+24 @2 ~12+4',
    live: 'live 12 @2',
    'cut off': 'offline 12 @2',
    gap: 'gap 12 @2',
    doubtful: 'catching-up 12 @2',
    'asking again': 'catching-up 12 @2',
    paused: 'catching-up 12 @2 paused',
    'paused for good': 'catching-up - paused for good',
    lingering: 'live 12 @2 lingering',
    left: 'offline 12 @2',
    'left, doubted': 'offline 12 @2',
  },
  found: {
    unused: 'offline 9',
    'joined, down': 'offline 9',
    asking: 'catching-up 9',
    arriving: 'catching-up 9+24 ~12+4',
    live: 'catching-up 9',
    'cut off': 'offline 9',
    gap: 'gap 9',
    doubtful: 'catching-up 9',
    'asking again': 'catching-up 9',
    paused: 'catching-up 9 paused',
    'paused for good': 'catching-up 9 paused for good',
    lingering: 'catching-up 9 lingering',
    left: 'offline 9',
    'left, doubted': 'offline 9',
  },
  'found, going on': {
    unused: 'offline 9+3 @2',
    'joined, down': 'offline 9+3 @2',
    asking: 'live 9+3 @2',
    arriving: 'live 9+3 @2 ~12+4',
    live: 'live 9+3 @2',
    'cut off': 'offline 9+3 @2',
    gap: 'gap 9+3 @2',
    doubtful: 'live 9+3 @2',
    'asking again': 'live 9+3 @2',
    paused: 'live 9+3 @2 paused',
    'paused for good': 'live 9+3 @2 paused for good',
    lingering: 'live 9+3 @2 lingering',
    left: 'offline 9+3 @2',
    'left, doubted': 'offline 9+3 @2',
  },
  'found, odd': {
    unused: 'offline -',
    'joined, down': 'offline -',
    asking: 'catching-up -',
    arriving: 'catching-up -+24 ~12+4',
    live: 'live 12 @2',
    'cut off': 'offline 12 @2',
    gap: 'gap 12 @2',
    doubtful: 'catching-up 12 @2',
    'asking again': 'catching-up 12 @2',
    paused: 'catching-up 12 @2 paused',
    'paused for good': 'catching-up - paused for good',
    lingering: 'live 12 @2 lingering',
    left: 'offline 12 @2',
    'left, doubted': 'offline 12 @2',
  },
  'found nothing': {
    unused: 'offline -',
    'joined, down': 'offline -',
    asking: 'catching-up -',
    arriving: 'catching-up -+24 ~12+4',
    live: 'catching-up -',
    'cut off': 'offline -',
    gap: 'gap -',
    doubtful: 'catching-up -',
    'asking again': 'catching-up -',
    paused: 'catching-up - paused',
    'paused for good': 'catching-up - paused for good',
    lingering: 'catching-up - lingering',
    left: 'offline -',
    'left, doubted': 'offline -',
  },
  due: {
    unused: IGNORED,
    'joined, down': IGNORED,
    asking: IGNORED,
    arriving: IGNORED,
    live: IGNORED,
    'cut off': IGNORED,
    gap: IGNORED,
    doubtful: 'catching-up 12 @2 → refetch',
    'asking again': IGNORED,
    paused: IGNORED,
    'paused for good': IGNORED,
    lingering: IGNORED,
    left: IGNORED,
    'left, doubted': IGNORED,
  },
  'due with x': {
    unused: IGNORED,
    'joined, down': IGNORED,
    asking: IGNORED,
    arriving: IGNORED,
    live: 'live 12 @2 → write 12(x)',
    'cut off': 'offline 12 @2 → write 12(x)',
    gap: 'gap 12 @2 → write 12(x)',
    doubtful: 'catching-up 12 @2 → write 12(x), refetch',
    'asking again': 'catching-up 12 @2 → write 12(x)',
    paused: 'catching-up 12 @2 paused → write 12(x)',
    'paused for good': IGNORED,
    lingering: 'live 12 @2 lingering → write 12(x)',
    left: 'offline 12 @2 → write 12(x)',
    'left, doubted': 'offline 12 @2 → write 12(x)',
  },
  rested: {
    unused: 'offline - → schedule',
    'joined, down': 'offline - → schedule',
    asking: 'catching-up - → schedule',
    arriving: 'live -+24 @2 ~12+4 → schedule',
    live: 'live 12 @2 → schedule',
    'cut off': 'offline 12 @2 → schedule',
    gap: 'gap 12 @2 → schedule',
    doubtful: 'catching-up 12 @2 → schedule',
    'asking again': 'catching-up 12 @2 → schedule',
    paused: 'catching-up 12 @2 → endPause, schedule',
    'paused for good': 'catching-up - → schedule',
    lingering: 'live 12 @2 lingering → schedule',
    left: 'offline 12 @2 → schedule',
    'left, doubted': 'offline 12 @2 → schedule',
  },
  'too soon': {
    unused: 'offline - paused → pause 500',
    'joined, down': 'offline - paused → pause 500',
    asking: 'catching-up - paused → pause 500',
    arriving: 'live -+24 @2 ~12+4 paused → pause 500',
    live: 'live 12 @2 paused → pause 500',
    'cut off': 'offline 12 @2 paused → pause 500',
    gap: 'gap 12 @2 paused → pause 500',
    doubtful: 'catching-up 12 @2 paused → pause 500',
    'asking again': 'catching-up 12 @2 paused → pause 500',
    paused: 'catching-up 12 @2 paused → pause 500',
    'paused for good': 'catching-up - paused → pause 500',
    lingering: 'live 12 @2 paused lingering → pause 500',
    left: 'offline 12 @2 paused → pause 500',
    'left, doubted': 'offline 12 @2 paused → pause 500',
  },
}

const cells = Object.entries(table).flatMap(([input, row]) =>
  Object.entries(row).map(([state, expected]) => ({
    state: state as StateName,
    input: input as InputName,
    expected,
  })),
)

function tell(before: LiveQueryState, { input, use, channel: seen }: Told): ReturnType<typeof next> {
  const channelNow = before.channel && { ...before.channel, ...seen }
  return next(see(before, channelNow, { ...before.use, ...use }), input, kind)
}

function outcome(before: LiveQueryState, told: Told): string {
  const [state, effects] = tell(before, told)
  const seen = see(before, before.channel && { ...before.channel, ...told.channel }, {
    ...before.use,
    ...told.use,
  })
  if (
    effects.length === 0 &&
    Object.entries(state).every(([name, value]) => Object.is(value, seen[name as keyof LiveQueryState]))
  )
    return IGNORED
  const { base = '-', unfolded, arrival, pause, isLingering, asOf } = state
  const waits = unfolded ? `+${textOf(opsIn(unfolded))}` : ''
  const arrives = arrival ? ` ~${arrival.view}${arrival.later ? `+${textOf(opsIn(arrival.later))}` : ''}` : ''
  const rests = pause === 'none' ? '' : pause === 'timed' ? ' paused' : ' paused for good'
  const lingers = isLingering ? ' lingering' : ''
  const stands = asOf ? ` @${asOf.seq}` : ''
  const done = effects.map((effect) => EFFECTS[effect.type](effect as never)).join(', ')
  return `${statusOf(state)} ${base}${waits}${stands}${arrives}${rests}${lingers}${done && ` → ${done}`}`
}

describe('[Q28] the machine of a live query', () => {
  it.each(cells)('$input × $state → $expected', ({ state, input, expected }) => {
    expect(outcome(states[state], inputs[input])).toBe(expected)
  })

  it('changes nothing that it is given', () => {
    for (const { state, input } of cells) {
      const before = states[state]
      const copy = structuredClone(before)
      tell(before, inputs[input])
      expect(before).toEqual(copy)
    }
  })

  it('asks for nothing while nobody looks, it is fetched, a pause lasts, or its channel is down', () => {
    for (const { state, input } of cells) {
      const [{ use, pause, channel }, effects] = tell(states[state], inputs[input])
      if (input === 'refused' || !effects.some(({ type }) => type === 'refetch')) continue
      expect({ use, pause, channel }).toMatchObject({
        use: { isActive: true, isFetching: false },
        pause: 'none',
        channel: { live: true },
      })
    }
  })

  it('writes what is another view, and nothing else', () => {
    for (const { state, input } of cells) {
      const [{ picture }, effects] = tell(states[state], inputs[input])
      for (const effect of effects) {
        if (effect.type !== 'write') continue
        expect(effect.view).toBe(picture.view)
        expect(effect.view).not.toBe(states[state].picture.view)
      }
    }
  })

  it('pauses for twice as long each time, at most 30 s', () => {
    let state: LiveQueryState = { ...doubtful, use: failed }
    const waits = Array.from({ length: 6 }, () => {
      const [after, [effect]] = next(state, { type: 'failed' }, kind)
      state = after
      return effect?.type === 'pause' && effect.ms
    })
    expect(waits).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
  })

  it('takes an event for what it surely is before it guesses, and for nothing more where another has', () => {
    const guessing: Kind = {
      ...kind,
      confirms: (mine, op, isGuess) => (isGuess || itemOf(mine) === itemOf(op) ? op : undefined),
    }
    const pending = { x: {} as never, y: {} as never }
    const anticipated = [
      { pending: pending.x, op: opOf('x'), isGuessed: false },
      { pending: pending.y, op: opOf('3'), isGuessed: false },
    ]
    const hear = (ops: readonly SequencedOp<unknown>[]) => {
      const [, [effect]] = next(whole, { type: 'heard', ops, anticipated }, guessing)
      return effect?.type === 'schedule' ? effect.confirmed.map((each) => [each.pending, each.isGuess]) : []
    }
    expect(hear([event(3)])).toEqual([[pending.y, false]])
    expect(hear([event(4), event(5), event(6)])).toEqual([
      [pending.x, true],
      [pending.y, true],
    ])
    expect(hear([{ ...event(4), isEcho: true }])).toEqual([])
  })

  it('keeps what the last twenty replies said, and nothing of it once it has left, or for somebody else', () => {
    let state: LiveQueryState = whole
    for (let at = 0; at < 25; at++) [state] = next(state, inputs.told.input, kind)
    expect(state.replies.map(({ number }) => number)).toEqual(Array.from({ length: 20 }, (_, at) => at + 5))
    expect(next(state, inputs.left.input, kind)[0].replies).toEqual([])
    expect(next(state, inputs.disowned.input, kind)[0].replies).toEqual([])
  })

  it('reports code that throws, asks for all of it again, and is paused meanwhile', () => {
    const cause = new Error('of the application')
    const broken: Kind = {
      ...kind,
      fold() {
        throw cause
      },
    }
    const before: LiveQueryState = { ...whole, unfolded: waiting(3) }
    const [state, effects] = next(before, { type: 'due', shown: NO_OPS }, broken)
    expect(effects).toEqual([
      { type: 'report', cause },
      { type: 'pause', ms: 2_000 },
    ])
    expect(state).toMatchObject({ base: '12', unfolded: undefined, continuity: -1 })
    const [rested] = next(state, { type: 'rested' }, kind)
    expect(next(rested, { type: 'due', shown: NO_OPS }, kind)[1]).toEqual([{ type: 'refetch' }])
  })
})
