/**
 * The reference chat server on a real socket, with its state in `.data/demo.sqlite`.
 *
 * `node examples/server/main.ts --demo`: a few weeks of conversations when the file is new, and signed tokens for everybody
 * from `GET /token?user=alice`. Without `--demo` it checks tokens that somebody else has signed with JWT_SECRET, and does
 * not start without one.
 *
 * Environment: JWT_SECRET, WS_PORT (9000; another free one when it is taken), WS_HOST (127.0.0.1), WS_ORIGINS (comma
 * separated), DEMO_DB (a file), DEMO_LEVEL (3), DEMO_COMPANY (1: absent members read and answer).
 */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { type SqliteHandle, type Store, sqliteStore } from '../../src/server/index.ts'
import { mountOnNode, type NodeMount, type NodeMountOptions } from '../../src/testing/mountOnNode.ts'
import type { AllowedOrigins } from '../../src/testing/origins.ts'
import { type ChatServer, createChatServer } from '../../src/testing/server/chatServer.ts'
import { realClock } from '../../src/testing/server/clock.ts'
import type { ChatLevel } from '../../src/testing/server/wire.ts'
import { startAssistant, withAssistant } from './assistant.ts'
import { keepCompany } from './company.ts'
import { type Conversations, createConversations } from './conversations.ts'
import { createRoutes } from './httpRoutes.ts'
import { createTokenIssuer } from './tokens.ts'

const DEFAULT_FILE = fileURLToPath(new URL('../../.data/demo.sqlite', import.meta.url))
// Known to everybody who reads this: it keeps demo tokens valid over a restart, and nothing safe.
const DEMO_SECRET = 'querywire demo, not a secret: anybody may ask for a token anyway'
const NOTHING_SAID: Conversations = { users: [], rooms: [{ id: 'general', kind: 'channel' }] }
/** As many bytes as HS256 has. */
const MIN_SECRET_LENGTH = 32

async function main(): Promise<void> {
  const { WS_PORT = '9000', WS_HOST = '127.0.0.1', DEMO_DB = DEFAULT_FILE } = process.env
  const isDemo = process.argv.includes('--demo')
  const secret = readSecret(isDemo)
  const allowedOrigins = readOrigins(process.env.WS_ORIGINS)
  const store = await openStore(DEMO_DB)
  const conversations = isDemo ? createConversations({ nowMs: Date.now() }) : NOTHING_SAID
  const users = () => conversations.users
  // Outside of the demo whoever has a token is a user.
  const tokens = createTokenIssuer(
    secret,
    (id, name = id) =>
      users().find((user) => String(user.id) === id) ?? (isDemo ? undefined : { id, username: name }),
  )
  const server = createChatServer({
    ...(isDemo ? withAssistant(conversations, Date.now()) : conversations),
    level: readLevel(process.env.DEMO_LEVEL),
    store,
    authenticate: tokens.authenticate,
  })
  server.on((event) => {
    if (event.type === 'failed') console.error(event.error)
  })
  const onRequest = createRoutes({ tokens, users, isDemo, allowedOrigins })
  const where = { port: Number(WS_PORT), host: WS_HOST, onRequest }
  const mount = await mountOnFreePort(server, allowedOrigins ? { ...where, allowedOrigins } : where)
  const chance = { random: Math.random, setTimer: realClock.setTimer }
  const company =
    process.env.DEMO_COMPANY === '1'
      ? keepCompany(server, {
          ...chance,
          users: users().map(({ id }) => id),
          tokenFor: (id) => tokens.issue({ id, username: String(id) }),
        })
      : undefined
  const assistant = isDemo ? startAssistant(server, realClock) : undefined
  stopOnSignals(async () => {
    company?.stop()
    await assistant?.stop()
    await mount.close()
    server.close()
    await store.close()
  })
  announce(mount)
}

function readSecret(isDemo: boolean): string {
  const { JWT_SECRET } = process.env
  if (JWT_SECRET === undefined && isDemo) return DEMO_SECRET
  if (JWT_SECRET !== undefined && JWT_SECRET.length >= MIN_SECRET_LENGTH) return JWT_SECRET
  console.error(
    `Set JWT_SECRET to ${MIN_SECRET_LENGTH} characters or more, or start with --demo, where anybody gets anybody's token.`,
  )
  return process.exit(1)
}

async function openStore(file: string): Promise<Store<SqliteHandle>> {
  const store = sqliteStore(file)
  try {
    mkdirSync(dirname(file), { recursive: true })
    await store.migrate()
    return store
  } catch (error) {
    console.error(`Cannot open ${file}: ${(error as Error).message}`)
    return process.exit(1)
  }
}

function readOrigins(text: string | undefined): AllowedOrigins | undefined {
  return text === '*' ? text : text?.split(',').map((origin) => origin.trim())
}

function readLevel(text = '3'): ChatLevel {
  const level = ([0, 1, 2, 3] as const).find((each) => String(each) === text)
  if (level === undefined) throw new Error(`DEMO_LEVEL must be 0, 1, 2 or 3, not "${text}"`)
  return level
}

async function mountOnFreePort(server: ChatServer, options: NodeMountOptions): Promise<NodeMount> {
  try {
    return await mountOnNode(server, options)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    return mountOnNode(server, { ...options, port: 0 })
  }
}

/** One line of JSON, so that whoever starts this finds the port. */
function announce({ url, port }: NodeMount): void {
  const http = url.replace(/^ws/, 'http')
  console.log(JSON.stringify({ event: 'listening', url, port, http_url: http, token_url: `${http}/token` }))
}

/** The second Ctrl-C ends the process at once, whatever still hangs. */
function stopOnSignals(stop: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      stop().then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error)
          process.exit(1)
        },
      )
    })
  }
}

await main()
