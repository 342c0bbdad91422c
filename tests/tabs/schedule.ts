/** One random life of several tabs in one browser, and what must hold at its end. */
import { createRandom } from '../../src/testing/server/random.ts'
import { createVirtualClock } from '../../src/testing/virtualClock.ts'
import { createNumberServer } from './numberServer.ts'
import { createReader, type Reader } from './reader.ts'
import { createVirtualBrowser } from './virtualBrowser.ts'

const STEPS = 24
const MAX_PAGES = 5
const TYPED: readonly string[] = ['connection_lost', 'timeout', 'expired', 'disconnected', 'closed']

export async function runSchedule(seed: number): Promise<readonly string[]> {
  const random = createRandom(seed)
  const clock = createVirtualClock(1_700_000_000_000)
  const server = createNumberServer()
  let loss = 0
  const maxDelayMs = [0, 5, 80, 400][Math.floor(random() * 4)] ?? 0
  const isLossy = random() < 0.3
  const browser = createVirtualBrowser({
    clock,
    random,
    maxDelayMs,
    loss: () => loss,
    onSocket: (socket) => void clock.setTimer(() => server.accept(socket), random() * 60),
  })
  const readers: Reader[] = []
  const story: string[] = []
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)]
  const alive = () => readers.filter(({ page }) => page.isAlive())
  const active = () => alive().filter(({ page }) => !page.isFrozen())
  const leading = () => active().find(({ role }) => role() === 'leader')
  let said = 0

  const acts: Readonly<Record<string, (reader: Reader | undefined) => void>> = {
    open() {
      if (alive().length < MAX_PAGES) readers.push(createReader(browser.openPage()))
    },
    crash: (reader) => reader?.page.crash(),
    close: (reader) => reader?.page.close(),
    freeze: (reader) => reader?.page.freeze(),
    sleep: (reader) => reader?.page.freeze(true),
    thaw: () => pick(alive().filter(({ page }) => page.isFrozen()))?.page.thaw(),
    hide: (reader) => reader?.page.setHidden(true),
    show: (reader) => reader?.page.setHidden(false),
    say: (reader) => reader?.send(`say ${++said}`, true),
    poke: (reader) => reader?.send(`poke ${++said}`, false),
    serverSays: () => server.say(`server ${++said}`),
    restart: () => server.restart(),
    disconnect: (reader) => reader?.manager.disconnect(),
    connect: (reader) => reader?.manager.connect(),
  }
  const weights: readonly (keyof typeof acts)[] = [
    ...Array(3).fill('open'),
    ...Array(2).fill('crash'),
    'close',
    ...Array(2).fill('freeze'),
    'sleep',
    ...Array(3).fill('thaw'),
    'hide',
    'show',
    ...Array(6).fill('say'),
    ...Array(5).fill('poke'),
    ...Array(6).fill('serverSays'),
    'restart',
    'disconnect',
    'connect',
    'connect',
  ]

  acts.open?.(undefined)
  for (let step = 0; step < STEPS; step++) {
    loss = isLossy && random() < 0.5 ? 0.1 : 0
    const act = pick(weights) ?? 'say'
    // What happens to the leader tells more.
    const target = random() < 0.4 ? (leading() ?? pick(active())) : pick(active())
    story.push(`${act} ${target?.page.name ?? ''}`)
    acts[act]?.(target)
    await clock.advance(random() < 0.5 ? random() * 30 : random() < 0.8 ? random() * 1_500 : random() * 8_000)
  }
  loss = 0
  for (const { page } of alive()) page.thaw()
  for (const { manager } of alive()) manager.connect()
  if (alive().length === 0) acts.open?.(undefined)
  for (const { page } of alive()) page.setHidden(false)
  await clock.advance(90_000)
  server.say('last')
  await clock.advance(2_000)
  const flaws = judge()
  for (const { page } of alive()) page.crash()
  return flaws.length > 0 ? [...flaws, `seed ${seed}: ${story.join(', ')}`] : []

  function judge(): string[] {
    const flaws: string[] = []
    const left = alive()
    const roles = left.map(({ role }) => role())
    if (roles.filter((role) => role === 'leader').length !== 1) flaws.push(`roles ${roles.join()}`)
    if (roles.filter((role) => role === 'follower').length !== left.length - 1)
      flaws.push(`roles ${roles.join()}`)
    const open = left.flatMap(({ page }) => page.sockets.filter(({ readyState }) => readyState <= 1))
    if (open.length !== 1)
      flaws.push(
        `${open.length} sockets: ${left.map(({ page, role }) => `${page.name} ${role()} ${page.sockets.filter(({ readyState }) => readyState <= 1).length}`)}`,
      )
    const twice = [...server.log].filter((text, at, all) => all.indexOf(text) !== at)
    if (twice.length > 0) flaws.push(`stored twice: ${twice.join()}`)
    for (const { page, rows, sent, errors } of left) {
      if (rows.join() !== server.log.join())
        flaws.push(`${page.name} shows ${rows.length} of ${server.log.length}`)
      for (const { text, outcome } of sent) {
        if (outcome === 'pending') flaws.push(`${text} is stuck`)
        else if (outcome === 'done' && !server.log.includes(text)) flaws.push(`${text} is lost`)
        else if (outcome !== 'done' && !TYPED.includes(outcome.code)) flaws.push(`${text}: ${outcome.code}`)
      }
      if (errors.some((error) => !TYPED.includes((error as { code: string }).code)))
        flaws.push(String(errors))
    }
    return flaws
  }
}
