/**
 * What ten tabs of one user cost, with a socket for each and with one for all: sockets, messages and bytes on the wire, and CPU
 * of the browser, in Chromium. The figures of docs/tabs.md. `node bench/tabs.ts`
 */
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BrowserContext } from 'playwright-core'
import { startBrowser } from '../tests/e2e/demo.ts'
import { rowsOf, startTabsStage } from '../tests/examples/tabsStage.ts'

const TABS = 10
const EVENTS = 600
const EVERY_MS = 50

/** Seconds of CPU of a process and all that came of it. */
function cpuOf(root: number): number {
  const children = readFileSync(`/proc/${root}/task/${root}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
  const fields = readFileSync(`/proc/${root}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  const ticks = Number(fields[11]) + Number(fields[12])
  return ticks / 100 + children.reduce((sum, child) => sum + cpuOf(Number(child)), 0)
}

async function measure(search: string) {
  const stage = await startTabsStage()
  const browser = await startBrowser()
  const context: BrowserContext = await browser.newContext()
  const pages = []
  for (let at = 0; at < TABS; at++) pages.push(await stage.openTab(context, search))
  const opened = { ...stage.messages }
  const sockets = stage.server.open().length
  // Chromium is this process's only child.
  const cpuBefore = cpuOf(process.pid)
  const own = process.cpuUsage()
  for (let event = 0; event < EVENTS; event++) {
    stage.server.say(`event ${event}, as long as a line of a chat may well be, or a little longer`)
    await sleep(EVERY_MS)
  }
  await sleep(1_000)
  const { user, system } = process.cpuUsage(own)
  const cpu = cpuOf(process.pid) - cpuBefore - (user + system) / 1e6
  const shown = await Promise.all(pages.map(rowsOf))
  if (!shown.every((rows) => rows.length === EVENTS)) throw new Error('A tab lacks events')
  const result = {
    sockets,
    'messages while they open': opened.up + opened.down,
    [`messages for ${EVENTS} events`]: stage.messages.up + stage.messages.down - opened.up - opened.down,
    'CPU of Chromium, s': Number(cpu.toFixed(2)),
    'CPU of the server, s': Number(((user + system) / 1e6).toFixed(2)),
  }
  await browser.close()
  await stage.close()
  return result
}

console.table({ 'ten sockets': await measure('&alone'), 'one socket': await measure('') })
