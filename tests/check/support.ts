/** Servers to be checked, on ports of their own. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach } from 'vitest'
import { type CheckOptions, type CheckReport, checkServer, type Outcome } from '../../src/check/index.ts'
import { type ChatServerOptions, createChatServer, mountOnNode } from '../../src/testing/index.ts'
import { memoryStore } from '../../src/server/index.ts'
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

export async function serveBoard() {
  const live = boardServer({ store: memoryStore(), cards: memoryCards })
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

export const idsOf = ({ rules }: CheckReport, outcome: Outcome): string[] =>
  rules.filter((rule) => rule.outcome === outcome).map(({ id }) => id)

export const ruleIn = ({ rules }: CheckReport, id: string) => rules.find((rule) => rule.id === id)
