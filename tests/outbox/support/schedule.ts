/** Random lives of tabs over one outbox, from a seed to what was wrong at the end. */
import { createRandom } from '../../../src/testing/server/random.ts'
import type { ChatLevel } from '../../../src/testing/server/wire.ts'
import { ROOM } from '../../chat/kit.ts'
import { createTabs, type Tab } from './tab.ts'

const USERS = ['alice', 'bob'] as const
type User = (typeof USERS)[number]

const part = (value: object) => btoa(JSON.stringify(value))
const tokenOf = (user: string) => `${part({ alg: 'none' })}.${part({ sub: user, username: user })}.`

interface Open extends Tab {
  readonly session: { user: User }
  isFrozen: boolean
}

interface Said {
  readonly text: string
  readonly author: User
  readonly from: Open
  /** Its place in the outbox, once it is there. */
  order: number | undefined
  /** Somebody wanted it away, or its tab was gone before anything was written. */
  mayBeLost: boolean
  hasFailed: boolean
}

export interface ScheduleOptions {
  readonly level: ChatLevel
  readonly steps?: number
  readonly isVerbose?: boolean
}

export async function runSchedule(
  seed: number,
  { level, steps = 40, isVerbose }: ScheduleOptions,
): Promise<string[]> {
  const random = createRandom(seed)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  const maxDelayMs = random() < 0.3 ? 0 : 20
  // What is refused is tried again, behind what was not: then there is no order to look at.
  const mayReject = seed % 2 === 0
  const tabs = createTabs(
    { level, seed },
    { hasLocks: random() < 0.7, delayMs: () => Math.round(random() * maxDelayMs) },
  )
  const open: Open[] = []
  const said: Said[] = []
  const problems: string[] = []
  const log = (...words: unknown[]) => isVerbose && console.log(tabs.clock.now(), ...words)

  function openTab(user: User): void {
    const session = { user }
    const tab = tabs.open(user, {
      tokenManager: { getAccessToken: () => tokenOf(session.user) },
      currentUser: () => ({ id: session.user, username: session.user }),
      ...(level === 0 && { endpoint: undefined }),
    })
    open.push(Object.assign(tab, { session, isFrozen: false }))
    log('open', user, open.length)
  }

  function kill(tab: Open): void {
    log('kill', open.indexOf(tab))
    tab.kill()
    open.splice(open.indexOf(tab), 1)
    note()
    for (const one of said) if (one.from === tab && one.order === undefined) one.mayBeLost = true
  }

  /** Looks at everything there is to see. */
  function note(): void {
    for (const user of USERS)
      for (const record of tabs.browser.kept(user)) {
        const { variables, order, status, id } = record as {
          variables: string
          order: number
          status: string
          id: string
        }
        const one = said.find(({ text }) => text === variables)
        if (!one) problems.push(`a record of nobody: ${variables} ${id}`)
        else if (one.author !== user) problems.push(`"${variables}" is kept for ${user}`)
        else {
          one.order ??= order
          one.hasFailed ||= status === 'failed'
        }
      }
    for (const tab of open) {
      if (tab.isFrozen) continue
      const rows = tab.rows()
      // At level 0 nothing names an echo: it may come before another tab has said that it sends, and after it was given up.
      const marked = tabs.browser.kept(tab.session.user).filter((record) => record.wasSent)
      const isVague = ({ local }: (typeof rows)[number]) =>
        level === 0 &&
        (local?.isElsewhere || local?.status === 'failed' || marked.some(({ id }) => id === local?.key))
      const texts = rows.filter((row) => !isVague(row)).map(({ content }) => content)
      const doubled = texts.filter((text, at) => texts.indexOf(text) !== at)
      if (isVerbose && doubled.length > 0)
        console.log(
          open.indexOf(tab),
          JSON.stringify(rows.map(({ id, content, local }) => [id, content, local])),
        )
      if (doubled.length > 0) problems.push(`shown twice: ${doubled.join()}`)
      for (const { local, content } of rows) {
        const one = said.find(({ text }) => text === content)
        if (local?.status === 'failed' && one) one.hasFailed = true
        if (local && one?.author !== tab.session.user)
          problems.push(`${tab.session.user} is shown "${content}"`)
      }
    }
  }

  const waiting = (tab: Open) => tab.rows().filter(({ local }) => local && local.status !== 'sending')

  const stepsOf: Record<string, (tab: Open) => void> = {
    say(tab) {
      const text = `${tab.session.user} ${said.length}`
      said.push({
        text,
        author: tab.session.user,
        from: tab,
        order: undefined,
        mayBeLost: false,
        hasFailed: false,
      })
      log('say', open.indexOf(tab), text)
      tab.page.fault = undefined
      tab.say(text)
    },
    kill,
    freeze(tab) {
      log('freeze', open.indexOf(tab))
      tab.isFrozen = true
      tab.page.freeze()
    },
    thaw() {
      for (const tab of open)
        if (tab.isFrozen) {
          log('thaw', open.indexOf(tab))
          tab.isFrozen = false
          tab.page.thaw()
        }
    },
    close(tab) {
      log('close', open.indexOf(tab))
      tab.chat.manager.close()
    },
    connect(tab) {
      log('connect', open.indexOf(tab))
      tab.chat.manager.connect()
    },
    /** What it has is not written down any more: that it goes, and how it ends. */
    full(tab) {
      // What is not known as sent, and was not kept, is sent again; at level 0 nobody knows it.
      if (level === 0) return
      log('full', open.indexOf(tab))
      for (const one of said) {
        if (one.from === tab && one.order === undefined) one.mayBeLost = true
        // Nor does it wait for its turn.
        if (one.author === tab.session.user) one.hasFailed = true
      }
      const isAlways = random() < 0.5
      tab.page.fault = () => (isAlways || random() < 0.5 ? new Error('The disk is full') : undefined)
    },
    restart: () => tabs.server.faults.restart({ downMs: random() * 5_000 }),
    slow() {
      tabs.server.faults.latencyMs = random() < 0.5 ? 0 : random() * 2_000
    },
    reject() {
      if (level > 0 && mayReject) tabs.server.faults.rejectNext('chat_message', { code: 'internal' })
    },
    discard(tab) {
      const [row] = waiting(tab)
      if (!row?.local) return
      log('discard', open.indexOf(tab), row.content)
      const one = said.find(({ text }) => text === row.content)
      if (one) one.mayBeLost = true
      tab.chat.sendMessage.discard(tab.queryClient, row.local.key)
    },
    retry(tab) {
      const row = waiting(tab).find(({ local }) => local?.status === 'failed')
      if (!row?.local || level === 0) return
      log('retry', open.indexOf(tab), row.content)
      void tab.chat.sendMessage.retry(tab.queryClient, row.local.key).catch(() => undefined)
    },
    switch(tab) {
      tab.session.user = tab.session.user === 'alice' ? 'bob' : 'alice'
      log('switch', open.indexOf(tab), tab.session.user)
      for (const one of said) if (one.from === tab && one.order === undefined) one.mayBeLost = true
      void tab.chat.signIn()
    },
  }
  const bag = [
    'say',
    'say',
    'say',
    'say',
    'say',
    'kill',
    'kill',
    'freeze',
    'thaw',
    'close',
    'connect',
    'connect',
    'full',
    'restart',
    'restart',
    'slow',
    'reject',
    'discard',
    'retry',
    'switch',
  ]

  for (let step = 0; step < steps; step++) {
    if (open.length === 0 || (open.length < 4 && random() < 0.25)) openTab(pick(USERS))
    const tab = pick(open)
    const name = pick(bag)
    const isInside = name === 'thaw' || !tab.isFrozen || name === 'kill'
    if (isInside) stepsOf[name]?.(tab)
    // Anything may happen at any moment, also within what one step began.
    const kills =
      random() < 0.15
        ? tabs.environment.setTimer(() => open.includes(tab) && kill(tab), random() * 60)
        : undefined
    await tabs.pass(random() < 0.7 ? random() * 60 : random() * 20_000)
    kills?.()
    note()
  }

  stepsOf.thaw?.(open[0] as Open)
  tabs.server.faults.latencyMs = 0
  for (const tab of open) {
    tab.page.fault = undefined
    stepsOf.connect?.(tab)
  }
  for (const user of USERS) openTab(user)
  for (let round = 0; round < 8; round++) {
    await tabs.pass(60_000)
    note()
    if (level > 0)
      for (const tab of open)
        for (const { local } of tab.rows())
          if (local?.status === 'failed')
            void tab.chat.sendMessage.retry(tab.queryClient, local.key).catch(() => undefined)
  }
  if (isVerbose) for (const user of USERS) console.log(user, JSON.stringify(tabs.browser.records(user)))
  const stored = tabs.server.state().rooms.find(({ id }) => id === ROOM)?.messages ?? []
  for (const one of said) {
    const { text, author, mayBeLost } = one
    const found = stored.filter(({ content }) => content === text)
    const isShown = open.some((tab) => tab.rows().some(({ content, local }) => content === text && local))
    const isKept = tabs.browser
      .kept(author)
      .some((record) => (record as { variables?: unknown }).variables === text)
    if (found.length > 1) problems.push(`stored ${found.length} times: "${text}"`)
    if (found.some(({ sender }) => String((sender as { id?: unknown }).id ?? sender) !== author))
      problems.push(`under another name: "${text}"`)
    if (found.length === 0 && !mayBeLost && !(level === 0 && isKept && isShown))
      problems.push(`lost: "${text}"`)
    // What failed although it is there is not shown, and is forgotten with time.
    if (level > 0 && isKept && found.length === 0) problems.push(`still kept: "${text}"`)
    if (level > 0 && isShown) problems.push(`still waiting: "${text}"`)
  }
  for (const user of mayReject ? [] : USERS) {
    const calm = said.filter(
      ({ author, order, hasFailed, mayBeLost }) => author === user && order && !hasFailed && !mayBeLost,
    )
    const placed = calm.map(({ text, order = 0 }) => ({
      text,
      order,
      at: stored.findIndex(({ content }) => content === text),
    }))
    const inPlace = placed.filter(({ at }) => at >= 0).sort((a, b) => a.at - b.at)
    inPlace.forEach(({ order, text }, at) => {
      if (at > 0 && order < (inPlace[at - 1]?.order ?? 0)) problems.push(`out of order: "${text}"`)
    })
  }
  for (const tab of open) tab.kill()
  tabs.close()
  return [...new Set(problems)]
}
