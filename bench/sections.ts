/** What is measured, with what, and how often. */
import { fileURLToPath } from 'node:url'
import { type Column, compared, type Section } from './measure/report.ts'
import { runRounds } from './measure/rounds.ts'
import { openBrowser, runReact } from './react/run.ts'
import { sizes } from './sizes/sizes.ts'

export interface Context {
  /** Of the server. */
  readonly port: number
  readonly isQuick: boolean
  readonly rounds: number
  /** Rounds before these. @default 2 */
  readonly warmUp?: number
}

interface Measured {
  readonly name: string
  run(context: Context): Promise<readonly Section[]>
}

const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url))

interface Table {
  readonly title: string
  readonly text: string
  readonly module: string
  readonly subjects: readonly string[]
  readonly base: string
  readonly columns: readonly Column[]
  readonly options: Readonly<Record<string, unknown>>
}

async function table({ module, options, title, text, ...how }: Table, context: Context): Promise<Section> {
  const { port, rounds, warmUp = 2 } = context
  const samples = await runRounds({
    module: pathOf(module),
    options: { port, ...options },
    rounds,
    warmUp,
    ...how,
  })
  return { title, text, ...compared({ samples, ...how }) }
}

const HANDS = ['phoenix', 'graphql-ws', 'socket.io-client', 'centrifuge', '@trpc/client']
const byHand = (client: string) => `${client} + sealed pages by hand`
const OURS = ['querywire', 'querywire, zod']
const BASE = 'ws + zod + Set + array'
const PLAIN = ['ws, receive only', 'ws + Set + array', BASE, byHand('ws'), byHand('ws + zod')]

const perEvent = (events: number): Column[] => [
  { name: 'CPU, µs per event', of: 'cpu', by: 1_000 / events },
  { name: 'wall, µs per event', of: 'wall', by: 1_000 / events },
]

/** Through the socket into a mounted cache. */
async function stream(context: Context): Promise<readonly Section[]> {
  const { isQuick } = context
  const count = isQuick ? 10_000 : 20_000
  const few = 2_000
  const shared = { module: 'stream/subjects.ts', base: BASE, columns: perEvent(count) }
  const all = [...PLAIN, ...HANDS.map(byHand), ...OURS]
  const tables: readonly Table[] = [
    {
      ...shared,
      title: `Client-bound: ${count} events, one per frame`,
      text: 'The server writes prebuilt frames. Into a mounted cache, an observer on it; “by hand” is one `setQueryData` per 16 ms, structural sharing off, a `Set` of ids, pages of 50 sealed when full. All servers are minimal stand-ins that speak the protocols of the clients.',
      subjects: isQuick ? [BASE, byHand('ws + zod'), ...OURS] : all,
      options: { count, pack: 1, bound: 'client' },
    },
    {
      ...shared,
      title: `Client-bound: ${count} events, 100 per frame`,
      text: 'The same, packed by the server.',
      subjects: isQuick ? [BASE, ...OURS] : [...PLAIN, ...OURS],
      options: { count, pack: 100, bound: 'client' },
    },
    {
      ...shared,
      title: `Server-bound: ${count} events`,
      text: 'The server stringifies and sends each event, as servers do; the two processes share the machine.',
      subjects: all,
      options: { count, pack: 1, bound: 'server' },
    },
    {
      ...shared,
      title: `What is written first: ${few} events into 5 000 that are loaded`,
      text: '`setQueryData` per event with the default structural sharing, the newest page growing.',
      subjects: [BASE, byHand('ws + zod'), 'ws + zod + setQueryData per event', ...OURS],
      options: { count: few, pack: 1, bound: 'client', loaded: 5_000 },
      columns: perEvent(few),
    },
  ]
  const measured: Section[] = []
  for (const each of isQuick ? tables.slice(0, 2) : tables) measured.push(await table(each, context))
  return measured
}

async function requests(context: Context): Promise<readonly Section[]> {
  const columns = [
    { name: 'CPU, µs', of: 'cpu' },
    { name: 'wall per request, µs', of: 'wall' },
    { name: 'p50, µs', of: 'p50' },
    { name: 'p99, µs', of: 'p99' },
  ]
  const all = [
    'ws + Map',
    'querywire',
    'socket.io-client emitWithAck',
    'phoenix push',
    'centrifuge rpc',
    '@trpc/client query',
    'graphql-ws query',
  ]
  const measured: Section[] = []
  for (const [inFlight, count] of context.isQuick
    ? ([
        [1, 100],
        [256, 3_000],
      ] as const)
    : ([
        [1, 300],
        [256, 5_000],
      ] as const)) {
    const section = await table(
      {
        title: `Requests: ${inFlight} in flight`,
        text: '110 bytes up, an answer down, one connection; querywire has a timeout on each, and says when each was sent.',
        module: 'requests/subjects.ts',
        subjects: context.isQuick ? all.slice(0, 3) : all,
        base: 'ws + Map',
        options: { inFlight, count },
        columns,
      },
      context,
    )
    measured.push(section)
  }
  return measured
}

async function channels(context: Context): Promise<readonly Section[]> {
  const counts = ['1 channel', '50 channels', '500 channels', '2 000 channels']
  return [
    await table(
      {
        title: 'Channels: an event in one of those that are open',
        text: 'Each is a timeline with an observer, all over one connection; 20 000 events through the socket, all in one of them.',
        module: 'channels/subjects.ts',
        subjects: context.isQuick ? counts.slice(0, 3) : counts,
        base: '1 channel',
        options: { count: context.isQuick ? 10_000 : 20_000 },
        columns: [{ name: 'CPU, µs per event', of: 'cpu' }],
      },
      context,
    ),
    await table(
      {
        title: 'Channels: a reconnect of 200 live queries whose statuses are on screen',
        text: 'From `connect()` until all are live and rendered, 50 ms of waiting included; React in happy-dom, which paints nothing.',
        module: 'channels/reconnect.ts',
        subjects: [QUIET, 'useLiveStatus, a component each', 'useLiveStatus, one component for all'],
        base: QUIET,
        options: {},
        columns: [
          { name: 'CPU, ms', of: 'cpu' },
          { name: 'wall, ms', of: 'wall' },
        ],
      },
      context,
    ),
  ]
}

const QUIET = 'nobody reads a status'

const OPERATIONS = [
  {
    operation: 'new message',
    perFlush: 1,
    sizes: [50, 50_000],
    subjects: ['limit', 'usual', 'careful', 'querywire'],
  },
  {
    operation: 'new message',
    perFlush: 100,
    sizes: [50, 50_000],
    subjects: ['limit', 'careful', 'querywire'],
  },
  { operation: 'edit', perFlush: 1, sizes: [1_000, 50_000], subjects: ['limit', 'usual', 'querywire'] },
  { operation: 'delete', perFlush: 1, sizes: [1_000, 50_000], subjects: ['limit', 'usual', 'querywire'] },
  { operation: 'receipt', perFlush: 1, sizes: [10, 10_000], subjects: ['limit', 'usual', 'querywire'] },
  {
    operation: 'receipt that reorders',
    perFlush: 1,
    sizes: [10, 10_000],
    subjects: ['limit', 'usual', 'querywire'],
  },
  {
    operation: 'receipt that reorders',
    perFlush: 100,
    sizes: [10, 10_000],
    subjects: ['limit', 'querywire'],
  },
] as const

/** Both ends of what may be loaded, in one table. */
async function fold(context: Context): Promise<readonly Section[]> {
  const measured: Section[] = []
  for (const { operation, perFlush, sizes, subjects } of context.isQuick
    ? OPERATIONS.slice(0, 1)
    : OPERATIONS) {
    for (const size of sizes) {
      const section = await table(
        {
          title: `Fold: ${operation}, ${perFlush} per flush, ${size.toLocaleString('en-US').replace(',', ' ')} loaded`,
          text: 'From the text of a frame to an observer that was told, the network left out. Limit: parse, look up by id, write in place. Usual: `setQueryData` per event, default sharing, everything flattened. Careful: sharing off, one write per flush, the newest page alone copied.',
          module: 'fold/measured.ts',
          // Seconds for a hundred events.
          subjects: subjects.filter((name) => name !== 'usual' || (size <= 10_000 && !context.isQuick)),
          base: 'limit',
          options: { operation, size, perFlush, flushes: perFlush > 1 ? 20 : 200 },
          columns: [{ name: 'CPU, µs per event', of: 'cpu' }],
        },
        context,
      )
      measured.push(section)
    }
  }
  return measured
}

const LIMIT = 'setQueryData, newest pages (limit)'
const PAGE_SUBJECTS = [
  LIMIT,
  'zustand',
  'RTK Query',
  'TanStack DB, query collection',
  'setQueryData + flat select (usual)',
  'querywire, two last pages',
  'querywire, select: rows',
  'querywire, useMessages',
  'querywire, useChatWebSocket',
]

async function react({ port, isQuick, rounds }: Context): Promise<readonly Section[]> {
  const page = await openBrowser()
  try {
    const measured: Section[] = []
    for (const loaded of isQuick ? [1_000] : [1_000, 50_000]) {
      const subjects = isQuick
        ? PAGE_SUBJECTS.filter((name) => name === LIMIT || /zustand|useMessages/.test(name))
        : PAGE_SUBJECTS
      const samples = await runReact(page, {
        port,
        subjects,
        loaded,
        events: isQuick ? 8 : 12,
        rounds: isQuick ? 2 : rounds,
      })
      const columns = [
        { name: 'CPU of the main thread, ms per event', of: 'cpu' },
        { name: 'socket → DOM p50, ms', of: 'p50' },
        { name: 'p90, ms', of: 'p90' },
        { name: 'renders of the list', of: 'lists' },
        { name: 'of rows', of: 'rows' },
      ]
      measured.push({
        title: `React in Chromium: a lone event, ${loaded.toLocaleString('en-US').replace(',', ' ')} loaded`,
        text: 'Production build, the last fifty rows memoised, an event at a time through a real WebSocket, 40 ms apart. CPU has in it what the browser does for a row, painting included.',
        ...compared({ samples, base: LIMIT, columns }),
      })
    }
    return measured
  } finally {
    await page.close()
  }
}

async function memory(context: Context): Promise<readonly Section[]> {
  const columns = [
    { name: 'bytes per message', of: 'perMessage' },
    { name: 'MiB', of: 'all' },
  ]
  const shared = { module: 'memory/subjects.ts', columns }
  const loaded = await table(
    {
      ...shared,
      title: 'Memory: 50 000 messages loaded',
      text: 'Heap after a collection. Rows are the array that `rows` and `useMessages` hand out.',
      subjects: ['pages of parsed messages', 'querywire', 'querywire, rows read'],
      base: 'pages of parsed messages',
      options: { count: 50_000 },
    },
    { ...context, rounds: Math.min(context.rounds, 5), warmUp: 0 },
  )
  if (context.isQuick) return [loaded]
  const streamed = await table(
    {
      ...shared,
      title: 'Memory: after a million streamed events',
      text: '`maxPages: 20` is TanStack’s own option; without one, everything stays.',
      subjects: ['querywire, maxPages: 20', 'querywire, maxPages: 20, rows read'],
      base: 'querywire, maxPages: 20',
      options: { count: 1_000_000 },
    },
    { ...context, rounds: 2, warmUp: 0 },
  )
  return [loaded, streamed]
}

export const sections: readonly Measured[] = [
  { name: 'channels', run: channels },
  { name: 'requests', run: requests },
  { name: 'react', run: react },
  { name: 'stream', run: stream },
  { name: 'sizes', run: async ({ isQuick, rounds }) => [await sizes(isQuick ? 1 : rounds)] },
  { name: 'memory', run: memory },
  { name: 'fold', run: fold },
]
