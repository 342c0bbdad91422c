/** Takes back what the check has written, as far as the server lets it. */
import { NotTriedError } from '../outcome.ts'
import type { Stage, Who } from './stage.ts'
import { createTrial } from './trial.ts'

const AT_ONCE = 8

export async function cleanUp(stage: Stage): Promise<void> {
  if (stage.made.length === 0) return
  const trial = createTrial(stage)
  let left = 0
  try {
    for (const who of ['first', 'second'] as const) left += await remove(who)
  } catch (error) {
    if (!(error instanceof NotTriedError)) throw error
    left = stage.made.length
  } finally {
    trial.close()
  }
  if (left > 0)
    stage.notes.push(
      `${left} messages of this check could not be deleted; their text begins with "querywire check".`,
    )

  async function remove(who: Who): Promise<number> {
    const made = stage.made.filter((each) => each.who === who && each.id !== undefined)
    if (made.length === 0) return 0
    const line = await trial.open(who)
    const failed: unknown[] = []
    for (let at = 0; at < made.length; at += AT_ONCE) {
      const some = made.slice(at, at + AT_ONCE)
      const answers = await Promise.all(
        some.map(({ id, room }) => line.ask('delete_message', { room_id: room, message_id: id })),
      )
      failed.push(...answers.filter((answer) => !answer.ok && answer.code !== 'not_found'))
    }
    return failed.length
  }
}
