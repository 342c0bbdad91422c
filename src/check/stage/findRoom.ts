/** A room to check in: the one that was named, or one that both users are in. */
import { type Fields, listOf, textOf } from '../frames.ts'
import { NotTriedError } from '../outcome.ts'
import type { Stage, Who } from './stage.ts'
import { createTrial, type Trial } from './trial.ts'

/** Leaves the stage without a room where there is none; a note says why. */
export async function findRoom(stage: Stage): Promise<void> {
  if (!stage.domain.isChat || stage.level === 0) return
  const trial = createTrial(stage)
  try {
    if (stage.channel === undefined) await choose(trial)
    if (stage.channel !== undefined) await enter(trial)
    if (stage.channel !== undefined && stage.options.otherToken !== undefined) await bring(trial)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    stage.notes.push(`Looking for a room: ${error.message}`)
  } finally {
    trial.close()
  }
}

const roomsOf = async (trial: Trial, who: Who): Promise<readonly Fields[]> => {
  const line = await trial.open(who)
  return listOf((await trial.ok(line, 'get_rooms', { limit: 100 })).rooms)
}

async function choose(trial: Trial): Promise<void> {
  const { stage } = trial
  const own = await roomsOf(trial, 'first')
  const others = stage.options.otherToken === undefined ? own : await roomsOf(trial, 'second')
  const known = new Set(others.map(({ id }) => textOf(id)))
  const isShared = ({ id }: Fields) => known.has(textOf(id))
  const isOpen = ({ kind }: Fields) => kind !== 'direct'
  const room =
    own.find((each) => isShared(each) && isOpen(each)) ?? own.find(isOpen) ?? own.find(isShared) ?? own[0]
  const id = room?.id
  if (typeof id === 'string' || typeof id === 'number') stage.channel = id
  else stage.notes.push('The first user is in no room: name one with --room that they may join.')
}

/** A room that was named may be one to be joined first. */
async function enter({ stage, open, inRoom }: Trial): Promise<void> {
  if (stage.endpoint === 'room') return
  const line = await open('first')
  const answer = await line.ask('subscribe_room', inRoom())
  if (answer.ok) return
  const joined = answer.code === 'not_member' ? await line.ask('join_room', inRoom()) : answer
  if (joined.ok) return
  stage.notes.push(
    `Room ${JSON.stringify(stage.channel)} cannot be used: ${joined.code} (${String(joined.error.message)})`,
  )
  stage.channel = undefined
}

async function bring({ stage, open, inRoom }: Trial): Promise<void> {
  try {
    const line = await open('second')
    const answer = await line.ask('subscribe_room', inRoom())
    const joined = !answer.ok && answer.code === 'not_member' ? await line.ask('join_room', inRoom()) : answer
    stage.isSecondMember = joined.ok
    if (!joined.ok) stage.notes.push(`The second user cannot be brought into the room: ${joined.code}`)
  } catch (error) {
    if (!(error instanceof NotTriedError)) throw error
    stage.notes.push(`The second user: ${error.message}`)
  }
}
