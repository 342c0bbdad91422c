/** Servers to be checked, on ports of their own. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach } from 'vitest'
import { type CheckOptions, type CheckOutcome, type CheckReport, checkServer } from '../../src/check/index.ts'
import { chatServer, createLiveServer, memoryStore, type Store } from '../../src/server/index.ts'
import { type ChatServerOptions, createChatServer, mountOnNode } from '../../src/testing/index.ts'
import { boardServer } from '../server/support/board.ts'
import { memoryCards } from '../server/support/memoryBoard.ts'

const stops: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

export const later = (stop: () => Promise<unknown>): void => void stops.push(stop)

export async function serve(options: ChatServerOptions = {}) {
  const server = createChatServer({ authTimeoutMs: 100, ...options })
  const mount = await mountOnNode(server)
  later(() => mount.close())
  return { server, mount, url: `${mount.url}/ws/`, roomUrl: `${mount.url}/ws/chat/general/` }
}

/** The chat of the server kit, with one room. */
export async function serveKitChat<Tx>(store: Store<Tx>) {
  const chat = chatServer()
  const users = ['alice', 'bob']
  const live = createLiveServer({
    plugins: [chat],
    authenticate: (token) => (token && users.includes(token) ? { id: token, username: token } : null),
    store,
  })
  const url = await listenTo(live)
  await chat.createRoom({ id: 'general', name: 'General', members: users })
  return url
}

export const serveBoard = (): Promise<string> =>
  listenTo(boardServer({ store: memoryStore(), cards: memoryCards }))

interface Attachable {
  attach(http: Server): Promise<unknown>
  close(options: { readonly graceMs: number }): Promise<unknown>
}

async function listenTo(live: Attachable): Promise<string> {
  const http = createServer()
  await live.attach(http)
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  later(async () => {
    await live.close({ graceMs: 0 })
    http.closeAllConnections()
    await new Promise((resolve) => http.close(resolve))
  })
  return `ws://127.0.0.1:${(http.address() as AddressInfo).port}/ws/`
}

export const check = (options: CheckOptions): Promise<CheckReport> =>
  checkServer({ token: 'alice', timeoutMs: 3_000, ...options })

export const idsOf = ({ rules }: CheckReport, outcome: CheckOutcome): string[] =>
  rules.filter((rule) => rule.outcome === outcome).map(({ id }) => id)

export const ruleIn = ({ rules }: CheckReport, id: string) => rules.find((rule) => rule.id === id)
