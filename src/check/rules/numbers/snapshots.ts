/** `as_of`: which events a snapshot has. */
import { createId } from '../../environment.ts'
import { type Fields, isNumber, isSame, listOf } from '../../frames.ts'
import { must, NotOfferedError, NotTriedError } from '../../outcome.ts'
import { positionIn, type Trial, type Written } from '../../stage/trial.ts'
import type { Line } from '../../wire/line.ts'
import { rulesOf } from '../rule.ts'

async function snapshot(trial: Trial, line: Line, data: object = {}): Promise<Fields> {
  const { type, data: own } = trial.stage.domain.read(trial.stage.channel)
  return trial.ok(line, type, { ...(own as object), ...data })
}

async function named(trial: Trial): Promise<void> {
  const line = await trial.join()
  const written = await trial.write(line)
  const event = await trial.told(line, written)
  const { type } = trial.stage.domain.read(trial.stage.channel)
  const found = await snapshot(trial, line)
  if (found.as_of === undefined) throw new NotOfferedError(`the reply to "${type}" has no as_of`)
  must(isNumber(found.as_of) && typeof found.epoch === 'string', {
    expected: 'as_of, a number, with its epoch',
    sent: { type },
    received: found,
  })
  must(found.epoch === event.epoch && found.as_of >= Number(event.seq), {
    expected: `as_of is at ${String(event.seq)} at least, in the epoch of the events: that event was told before the snapshot was asked for`,
    sent: { type },
    received: found,
  })
  const members = trial.stage.domain.isChat ? await trial.ok(line, 'get_members') : found
  must(isNumber(members.as_of), {
    expected: 'as_of in the reply to get_members, too',
    sent: { type: 'get_members' },
    received: members,
  })
}

const WRITES = 24

/** Snapshots while somebody writes; each is compared with what the events say. */
async function exact(trial: Trial): Promise<void> {
  const [witness, reader] = [await trial.join(), await trial.open()]
  const writers = [await trial.open(), await trial.open()]
  const writing = Promise.all(writers.map((line) => writeAndEdit(trial, line)))
  const pages: Fields[] = []
  let isDone = false
  const done = writing.finally(() => {
    isDone = true
  })
  const read = async () => {
    while (!isDone) pages.push(await snapshot(trial, reader, { limit: 100 }))
  }
  // Both at once: what fails beside another failure is nobody's to wait for.
  const [changes] = await Promise.all([done.then((all) => all.flat()), read()])
  for (const { written } of changes) await trial.told(witness, written)
  if (pages.length < 2) throw new NotTriedError('the writing was over before a snapshot came')
  for (const page of pages) compare(page, changes, witness)
}

interface Change {
  readonly written: Written
  readonly edit: string
  readonly id: unknown
}

async function writeAndEdit(trial: Trial, line: Line): Promise<readonly Change[]> {
  const changes: Change[] = []
  for (let at = 0; at < WRITES / 2; at += 1) {
    const written = await trial.write(line)
    const { id } = listOf([written.data.message])[0] ?? {}
    const edit = `querywire check ${createId()}`
    await line.ask('edit_message', trial.inRoom({ message_id: id, message: edit }))
    changes.push({ written, edit, id })
  }
  return changes
}

function compare(page: Fields, changes: readonly Change[], witness: Line): void {
  const { as_of: asOf } = page
  if (!isNumber(asOf)) throw new NotTriedError('the snapshot has no as_of, see [P108]')
  const rows = listOf(page.messages)
  for (const { written, edit, id } of changes) {
    const told = witness.frames.find((frame) => written.causes(frame))
    const { seq } = (told && positionIn(told)) ?? {}
    if (seq === undefined) throw new NotTriedError('events carry no number, see [P83]')
    const row = rows.find((each) => isSame(each.id, id))
    const received = { as_of: asOf, message: row ?? null }
    must(seq <= asOf || row === undefined, {
      expected: `nothing of a later event: this message came with ${seq}, the snapshot says as_of ${asOf}`,
      sent: { type: 'get_history' },
      received,
    })
    must(seq > asOf || row !== undefined, {
      expected: `what every event up to as_of did: this message came with ${seq}, the snapshot says as_of ${asOf}`,
      sent: { type: 'get_history' },
      received,
    })
    if (row) compareEdit({ row, asOf, edit, id }, witness)
  }
}

interface Edited {
  readonly row: Fields
  readonly asOf: number
  readonly edit: string
  readonly id: unknown
}

function compareEdit({ row, asOf, edit, id }: Edited, witness: Line): void {
  const told = witness.frames.find(
    ({ type, ...frame }) => type === 'message_updated' && JSON.stringify(frame).includes(edit),
  )
  const { seq } = (told && positionIn(told)) ?? {}
  if (seq === undefined) return
  must((row.content === edit) === seq <= asOf, {
    expected: `message ${String(id)} was edited with ${seq}, the snapshot says as_of ${asOf}: it has the ${seq <= asOf ? 'new' : 'old'} text`,
    sent: { type: 'get_history' },
    received: { as_of: asOf, message: row },
  })
}

export const snapshotRules = rulesOf('numbers-gaps-and-catching-up', [
  {
    id: 'P108',
    title: 'a snapshot says where it stands: as_of and epoch',
    level: 3,
    essential: true,
    needs: ['channel'],
    trial: named,
  },
  {
    id: 'P118',
    title: 'while others write, it has every event up to as_of, and none after',
    level: 3,
    needs: ['chat', 'channel'],
    trial: exact,
  },
])
