/** A tab of an application: keeps what is said, and says something itself, with nothing but the manager. */
import { type TabsOptions, tabs } from '../../src/tabs/index.ts'
import {
  type Cursor,
  createWebSocketManager,
  type ForeignEntry,
  type LiveError,
  type LiveEvent,
  type WebSocketManagerOptions,
} from '../../src/transport/index.ts'
import { createJwt } from '../transport/kit.ts'
import type { Page } from './virtualBrowser.ts'

export interface Sent {
  readonly text: string
  readonly isIdempotent: boolean
  outcome: 'pending' | 'done' | LiveError
}

export interface ReaderOptions extends WebSocketManagerOptions {
  /** Whom the token names; `null`: there is none. @default 'u1' */
  readonly user?: string | null
  readonly shared?: TabsOptions
}

export function createReader(page: Page, { user = 'u1', shared, ...options }: ReaderOptions = {}) {
  const manager = createWebSocketManager({
    url: 'wss://one.example',
    endpoint: '/ws/',
    environment: page.environment,
    ...(user !== null && { tokenManager: { getAccessToken: () => createJwt({ sub: user }) } }),
    shareTabs: tabs({ browser: page.browser, ...shared }),
    ...options,
  })
  const states: string[] = []
  manager.store.subscribe(({ connections }) => {
    const state = connections['/ws/']?.state ?? 'none'
    if (states.at(-1) !== state) states.push(state)
  })
  const roles = new Map<string, string>()
  manager.inspect((entry) => {
    const { type, server, user: by, role } = entry as ForeignEntry
    if (type === 'tabs') roles.set(`${server} ${by}`, String(role))
  })
  const errors: unknown[] = []
  const rows: string[] = []
  const sent: Sent[] = []
  let cursor: Cursor | undefined
  /** It came too early, and was not kept. */
  let missed = 0

  async function fetchAll(): Promise<void> {
    const answer = (await manager.port.request('get_all', {}, { idempotent: true })) as {
      rows: string[]
      as_of: number
    }
    // What came meanwhile may be newer.
    if (answer.as_of < (cursor?.seq ?? 0)) return
    rows.splice(0, rows.length, ...answer.rows)
    cursor = { seq: answer.as_of, epoch: 'e1' }
    channel.resync()
  }

  function take({ seq = 0, payload }: LiveEvent): void {
    if (cursor === undefined || seq <= (cursor.seq ?? 0)) return
    if (seq > (cursor.seq ?? 0) + 1) {
      missed = Math.max(missed, seq)
      channel.resync()
      return
    }
    rows.push((payload as { text: string }).text)
    cursor = { seq, epoch: 'e1' }
  }

  const channel = manager.port.open(
    { key: { room_id: 1 }, subscribe: true },
    {
      cursor: () => cursor,
      onSignal(signal) {
        if (signal.type === 'events') for (const event of signal.events) take(event)
        if (signal.type === 'live') {
          if (!signal.resumed) fetchAll().catch((error) => errors.push(error))
          else if ((cursor?.seq ?? 0) < missed) channel.resync()
        }
        if (signal.type === 'head' && (signal.cursor.seq ?? 0) > (cursor?.seq ?? 0)) channel.resync()
      },
    },
  )

  return {
    page,
    manager,
    rows,
    sent,
    states,
    errors,
    channel,
    /** `out` where it is in no group. */
    role: () => [...roles.values()].find((role) => role !== 'out') ?? [...roles.values()][0],
    send(text: string, isIdempotent: boolean) {
      const one: Sent = { text, isIdempotent, outcome: 'pending' }
      sent.push(one)
      manager.port.request(isIdempotent ? 'say' : 'poke', { text }, { idempotent: isIdempotent }).then(
        () => Object.assign(one, { outcome: 'done' }),
        (error: LiveError) => Object.assign(one, { outcome: error }),
      )
    },
  }
}

export type Reader = ReturnType<typeof createReader>
