/** Who is in which room, read once for all that ask in the same turn. */
import { RequestError } from '../../requestError.ts'
import type { ChatRead } from '../domain/work.ts'
import { type Steps, wait } from '../steps.ts'
import type { Key } from '../tables/chatTables.ts'
import type { ChatCore } from './core.ts'

type Answer = 'member' | 'stranger' | 'nothing'

interface Batch {
  readonly asked: Map<Key, Set<Key>>
  readonly answers: Promise<ReadonlyMap<Key, ReadonlyMap<Key, Answer>>>
}

/** True for a member. @throws RequestError `not_found` where there is no such room */
export function createAccess(core: ChatCore): (user: Key, room: Key) => Promise<boolean> {
  let batch: Batch | undefined
  const plan = (): Batch => {
    const asked = new Map<Key, Set<Key>>()
    const answers = Promise.resolve().then(async () => {
      batch = undefined
      return (await core.read([], (read) => answer(read, asked))).result
    })
    return { asked, answers }
  }
  return async (user, room) => {
    batch ??= plan()
    const { asked, answers } = batch
    asked.set(user, (asked.get(user) ?? new Set()).add(room))
    const found = (await answers).get(user)?.get(room)
    if (found === 'nothing') throw new RequestError('not_found', `There is no room "${room}"`)
    return found === 'member'
  }
}

function* answer(
  { tables, limits }: ChatRead,
  asked: ReadonlyMap<Key, ReadonlySet<Key>>,
): Steps<Map<Key, Map<Key, Answer>>> {
  const answers = new Map<Key, Map<Key, Answer>>()
  for (const [user, rooms] of asked) {
    const found = new Map<Key, Answer>()
    answers.set(user, found)
    const isMany = rooms.size > MANY
    const own = isMany ? yield* wait(tables.roomsOf(user, { limit: limits.roomsPerUser })) : []
    for (const { key } of own) found.set(key, 'member')
    for (const room of rooms) if (!found.has(room)) found.set(room, yield* answerOne(tables, user, room))
  }
  return answers
}

/** From so many on, all of one's rooms are read at once. */
const MANY = 3

function* answerOne(tables: ChatRead['tables'], user: Key, room: Key): Steps<Answer> {
  if (yield* wait(tables.member(room, user))) return 'member'
  return (yield* wait(tables.room(room))) ? 'stranger' : 'nothing'
}
