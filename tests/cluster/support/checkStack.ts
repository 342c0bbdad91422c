/** The same faults for every stack: what has to hold after each, and what it cost. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Conversation, openConversation, ROOMS, USERS } from './conversation.ts'
import { FAULTS } from './faults.ts'
import { HEARTBEAT } from './person.ts'
import type { Stack } from './stack.ts'

/** What the machine may be slower than the clock. Milliseconds. */
const SLACK_MS = 5_000
/** Or as long as a client that finds nobody there may wait until it looks again. */
const ONE_HEARTBEAT_MS = Math.max(HEARTBEAT.intervalMs + HEARTBEAT.timeoutMs, 15_000)
/** Then it is told what is not level, instead of waiting on. */
const PATIENCE_MS = 60_000

const only = process.env.CLUSTER_FAULT ?? ''

interface Row {
  readonly fault: string
  readonly outageMs: number
  readonly levelMs: number
  readonly dials: number
  readonly requests: number
  readonly disconnectedMs: number
}

interface Checked {
  /** Whether there is a PostgreSQL that could be restarted. */
  readonly hasPostgres: boolean
  start(): Promise<Stack>
}

export function checkStack(name: string, { hasPostgres, start }: Checked): void {
  const faults = FAULTS.filter((fault) => fault.name.includes(only) && (hasPostgres || !fault.needs))
  describe(name, () => {
    let stack: Stack
    let conversation: Conversation
    const rows: Row[] = []

    beforeAll(async () => {
      stack = await start()
      for (const roomId of ROOMS) await stack.createRoom(roomId, USERS)
      conversation = openConversation(stack)
      conversation.talk()
    }, 180_000)

    afterAll(async () => {
      conversation?.close()
      print(name, rows)
      await stack?.stop()
    }, 60_000)

    it('somebody is removed while away, and hears nothing of the room any more', async () => {
      const erin = conversation.person('erin')
      erin.disconnect()
      await stack.removeMember('den', 'erin')
      erin.connect()
      conversation.fallSilent()
      await conversation.level(PATIENCE_MS)
      expect([...erin.list().keys()]).toEqual(['hall'])
      conversation.talk()
    }, 120_000)

    it.each(faults)(
      '$name: sent is stored is shown, once, in one order, and unread is the server’s',
      async ({ name: fault, happen, isInvisible }) => {
        const before = conversation.counts()
        const at = performance.now()
        await happen(stack, conversation)
        const outageMs = performance.now() - at
        conversation.fallSilent()
        const levelMs = await conversation.level(PATIENCE_MS)
        const after = conversation.counts()
        rows.push({
          fault,
          outageMs,
          levelMs,
          dials: after.dials - before.dials,
          requests: after.requests - before.requests,
          disconnectedMs: after.disconnectedMs - before.disconnectedMs,
        })
        conversation.talk()
        expect(levelMs).toBeLessThan(ONE_HEARTBEAT_MS + SLACK_MS)
        if (isInvisible) expect(after.disconnectedMs - before.disconnectedMs).toBe(0)
      },
      240_000,
    )
  })
}

const seconds = (ms: number) => (ms / 1_000).toFixed(1).padStart(6)

function print(name: string, rows: readonly Row[]): void {
  if (rows.length === 0) return
  const lines = rows.map(
    ({ fault, outageMs, levelMs, dials, requests, disconnectedMs }) =>
      `${fault.padEnd(70)} ${seconds(outageMs)} ${seconds(levelMs)} ${seconds(disconnectedMs)} ${String(dials).padStart(6)} ${String(requests).padStart(9)}`,
  )
  const head = `${''.padEnd(70)} outage  level   away  dials  requests   (s; seven devices)`
  console.log([`\n${name}`, head, ...lines, ''].join('\n'))
}
