/** Seven devices of five people who talk all the time, and what has to be true when they fall silent. */
import { openPerson, type Person } from './person.ts'
import type { Stack } from './stack.ts'
import { readTruth, type StoredMessage, type Truth } from './truth.ts'

export const ROOMS = ['hall', 'den'] as const
const DEVICES = [
  ['alice', 'alice phone'],
  ['alice', 'alice desk'],
  ['bob', 'bob phone'],
  ['bob', 'bob desk'],
  ['carol', 'carol'],
  ['dave', 'dave'],
  ['erin', 'erin'],
] as const
export const USERS = [...new Set(DEVICES.map(([user]) => user))]

export interface Conversation {
  readonly people: readonly Person[]
  /** A device by its name. */
  person(name: string): Person
  talk(): void
  fallSilent(): void
  /**
   * Resolves with how long it took until what was sent is what is stored is what is shown: once, in one order, on every
   * device, with the server's unread counts. Rejects with what is not.
   */
  level(patienceMs: number): Promise<number>
  /** So many messages in all; whoever has `each` that are not answered waits. */
  burst(roomId: string, how: { readonly messages: number; readonly each: number }): Promise<void>
  /** Everything that was said has been answered, or the time is over. */
  settled(patienceMs: number): Promise<void>
  counts(): { readonly dials: number; readonly requests: number; readonly disconnectedMs: number }
  close(): void
}

/** How often each says something, on average. Milliseconds. */
const PACE_MS = 350

/** `hall` has everybody in it; `den` all but erin, once she has been removed. */
export function openConversation(stack: Stack): Conversation {
  const people = DEVICES.map(([user, name]) =>
    openPerson(stack, { user, name, rooms: user === 'erin' ? ['hall'] : ROOMS }),
  )
  let timers: NodeJS.Timeout[] = []
  const act = (person: Person) => {
    const room = person.rooms[Math.floor(Math.random() * person.rooms.length)] ?? 'hall'
    const chance = Math.random()
    if (chance < 0.7) person.say(room)
    else if (chance < 0.9) person.read(room)
    else person.react(room)
  }
  const fallSilent = () => {
    for (const timer of timers) clearInterval(timer)
    timers = []
  }
  return {
    people,
    person: (name) => {
      const found = people.find((person) => person.name === name)
      if (!found) throw new Error(`There is no ${name}`)
      return found
    },
    talk: () => {
      fallSilent()
      timers = people.map((person) => setInterval(() => act(person), PACE_MS * (0.5 + Math.random())))
    },
    fallSilent,
    level: (patienceMs) => untilLevel(stack, people, patienceMs),
    burst: (roomId, how) => burst(people, roomId, how),
    settled: (patienceMs) => untilSettled(people, patienceMs),
    counts: () => {
      const all = people.map((person) => person.count())
      const sum = (key: 'dials' | 'requests') => all.reduce((total, count) => total + count[key], 0)
      return {
        dials: sum('dials'),
        requests: sum('requests'),
        disconnectedMs: Math.max(...all.map(({ disconnectedMs }) => disconnectedMs)),
      }
    },
    close: () => {
      fallSilent()
      for (const person of people) person.close()
    },
  }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const waitingOf = ({ said }: Person) => said.filter(({ outcome }) => outcome === 'waiting').length

async function burst(
  people: readonly Person[],
  roomId: string,
  { messages, each }: { readonly messages: number; readonly each: number },
): Promise<void> {
  for (let left = messages; left > 0; await sleep(5)) {
    for (const person of people) {
      const count = Math.min(each - waitingOf(person), left)
      for (let at = 0; at < count; at++) person.say(roomId)
      left -= Math.max(count, 0)
    }
  }
}

async function untilSettled(people: readonly Person[], patienceMs: number): Promise<void> {
  const isSettled = () => people.every(({ said }) => said.every(({ outcome }) => outcome !== 'waiting'))
  for (const end = performance.now() + patienceMs; !isSettled() && performance.now() < end; ) await sleep(20)
}

async function untilLevel(stack: Stack, people: readonly Person[], patienceMs: number): Promise<number> {
  const start = performance.now()
  const elapsed = () => performance.now() - start
  await untilSettled(people, patienceMs)
  // Nothing is written any more: from now on the server says the same to everybody who asks.
  const truth = await readTruth(stack, { readers: new Map(ROOMS.map((id) => [id, 'alice'])), users: USERS })
  let wrong = findWrong(people, truth)
  while (wrong.length > 0 && elapsed() < patienceMs) {
    await sleep(20)
    wrong = findWrong(people, truth)
  }
  const tookMs = elapsed()
  if (wrong.length > 0)
    throw new Error(
      `not level after ${Math.round(tookMs)} ms, ${wrong.length}:\n${wrong.slice(0, 15).join('\n')}`,
    )
  await checkAll(people, truth)
  return tookMs
}

function findWrong(people: readonly Person[], truth: Truth): string[] {
  return people.flatMap((person) => [
    ...person.rooms.flatMap((roomId) => wrongInRoom(person, roomId, truth.messages.get(roomId) ?? [])),
    ...wrongInList(person, truth),
    ...wrongInSaid(person, truth),
  ])
}

/** What is shown is the end of what is stored: nothing missing, nothing twice, in its order. */
function wrongInRoom(person: Person, roomId: string, stored: readonly StoredMessage[]): string[] {
  const shown = person.shown(roomId).map(({ id }) => String(id))
  const expected = shown.length === 0 ? stored.slice(-1) : stored.slice(-shown.length)
  const ids = expected.map(({ id }) => id)
  if (shown.join() === ids.join()) return []
  const missing = expected.filter(({ id }) => !shown.includes(id)).map(({ content }) => content)
  const surplus = shown.filter((id) => !ids.includes(id))
  return [
    `${person.name}, ${roomId}: ${shown.length} shown of ${stored.length}; missing ${missing.slice(0, 5).join(', ')} (${missing.length}), not stored or twice ${surplus.length}; ${person.status()}`,
  ]
}

function wrongInList(person: Person, truth: Truth): string[] {
  const shown = Object.fromEntries(person.list())
  const stored = Object.fromEntries(truth.rooms.get(person.user) ?? [])
  const differing = [...new Set([...Object.keys(shown), ...Object.keys(stored)])].filter(
    (id) => JSON.stringify(shown[id]) !== JSON.stringify(stored[id]),
  )
  return differing.map(
    (id) =>
      `${person.name}, list: ${id} is ${JSON.stringify(shown[id])}, stored is ${JSON.stringify(stored[id])}; ${person.status()}`,
  )
}

/** Stored once, and told so. */
function wrongInSaid({ name, said }: Person, truth: Truth): string[] {
  return said.flatMap(({ roomId, content, outcome, error }) => {
    const times = truth.messages.get(roomId)?.filter((message) => message.content === content).length ?? 0
    if (outcome === 'answered' && times === 1) return []
    if (outcome === 'failed' && times === 0) return []
    return [`${name}, "${content}" in ${roomId}: ${outcome}, stored ${times} times ${error ?? ''}`]
  })
}

/** The whole history, to the first message. */
async function checkAll(people: readonly Person[], truth: Truth): Promise<void> {
  for (const person of people) {
    for (const roomId of person.rooms) {
      while (await person.loadOlder(roomId));
      const stored = (truth.messages.get(roomId) ?? []).map(({ id }) => id)
      const shown = person.shown(roomId).map(({ id }) => String(id))
      if (shown.join() !== stored.join())
        throw new Error(`${person.name}, ${roomId}: ${shown.length} of ${stored.length} after loading all`)
    }
  }
}
