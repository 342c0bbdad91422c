/** Pointers, counts, versions. */
import { createId } from '../../environment.ts'
import { type Fields, fieldsOf, isNumber, isSame, listOf, payloadFields, textOf } from '../../frames.ts'
import { must, NotOfferedError, NotTriedError } from '../../outcome.ts'
import type { Trial } from '../../stage/trial.ts'
import type { Line } from '../../wire/line.ts'
import { rulesOf } from '../rule.ts'

const read = (trial: Trial, line: Line, message: Fields) =>
  trial.ok(line, 'read_receipt', trial.inRoom({ message_id: message.id }))

async function forward(trial: Trial): Promise<void> {
  const line = await trial.join()
  const [older, newer] = [await trial.say(line), await trial.say(line)]
  const state = await read(trial, line, newer)
  const sent = { type: 'read_receipt', data: trial.inRoom({ message_id: newer.id }) }
  must(isSame(state.last_read_message_id, newer.id), {
    expected: 'the pointer is at the message',
    sent,
    received: state,
  })
  const again = await line.ask('read_receipt', trial.inRoom({ message_id: older.id }))
  must(again.ok && isSame(again.data.last_read_message_id, newer.id), {
    expected: 'the state as it is: the pointer only moves forward',
    sent: again.sent,
    received: again.frame,
  })
}

async function unreadAgain(trial: Trial): Promise<void> {
  const line = await trial.join()
  const [before, target, last] = [await trial.say(line), await trial.say(line), await trial.say(line)]
  await read(trial, line, last)
  const answer = await line.ask('mark_unread', trial.inRoom({ message_id: target.id }))
  if (!answer.ok && answer.code === 'unsupported') throw new NotOfferedError('mark_unread is not offered')
  must(answer.ok && isSame(answer.data.last_read_message_id, before.id), {
    expected: `the pointer is just before the message: at ${textOf(before.id)}`,
    sent: answer.sent,
    received: answer.frame,
  })
  const later = await line.ask('mark_unread', trial.inRoom({ message_id: last.id }))
  must(later.ok && isSame(later.data.last_read_message_id, before.id), {
    expected: 'the state as it is: the message is unread already, and the pointer must not move forward',
    sent: later.sent,
    received: later.frame,
  })
}

async function ownDoNotCount(trial: Trial): Promise<void> {
  const line = await trial.join()
  const first = await trial.say(line)
  const state = await read(trial, line, first)
  await trial.say(line)
  const again = await read(trial, line, first)
  const sent = { type: 'read_receipt', data: trial.inRoom({ message_id: first.id }) }
  must(again.unread_count === state.unread_count, {
    expected: "one's own messages never count as unread",
    sent,
    received: again,
  })
  must(isSame(again.last_read_message_id, first.id), {
    expected: "sending does not move the sender's pointer",
    sent,
    received: again,
  })
}

/** What the second user has unread, after having read everything. */
async function caughtUp(trial: Trial) {
  const [line, reader] = [await trial.join(), await trial.join('second')]
  const first = await trial.say(line)
  const state = await read(trial, reader, first)
  if (state.unread_count !== 0) throw new NotTriedError('somebody else writes into this room at the moment')
  return { line, reader, first }
}

async function othersCount(trial: Trial): Promise<void> {
  const { line, reader, first } = await caughtUp(trial)
  const messages = [await trial.say(line), await trial.say(line)]
  const state = await read(trial, reader, first)
  const sent = { type: 'read_receipt', data: trial.inRoom({ message_id: first.id }) }
  must(state.unread_count === 2, { expected: 'two unread messages of the other user', sent, received: state })
  const after = await read(trial, reader, messages[1] ?? first)
  must(after.unread_count === 0, { expected: 'none, after the last one was read', sent, received: after })
}

async function deletedDoNotCount(trial: Trial): Promise<void> {
  const { line, reader, first } = await caughtUp(trial)
  const gone = await trial.say(line)
  await trial.ok(line, 'delete_message', trial.inRoom({ message_id: gone.id }))
  const state = await read(trial, reader, first)
  must(state.unread_count === 0, {
    expected: 'deleted messages do not count as unread',
    sent: { type: 'read_receipt', data: trial.inRoom({ message_id: first.id }) },
    received: state,
  })
}

async function deletedIsAPlace(trial: Trial): Promise<void> {
  const line = await trial.join()
  const [, gone] = [await trial.say(line), await trial.say(line)]
  await trial.ok(line, 'delete_message', trial.inRoom({ message_id: gone.id }))
  const answer = await line.ask('read_receipt', trial.inRoom({ message_id: gone.id }))
  must(answer.ok, {
    expected: 'one may read up to a message that was deleted',
    sent: answer.sent,
    received: answer.frame,
  })
}

async function mentions(trial: Trial): Promise<void> {
  const { line, reader, first } = await caughtUp(trial)
  const found = await trial.ok(line, 'get_members')
  const me = fieldsOf(trial.stage.welcome?.user).id
  const greeting = reader.frames.find(({ type }) => type === 'welcome')
  const reading = fieldsOf(greeting && payloadFields(greeting).user).id
  const other = listOf(found.members)
    .map(({ user }) => fieldsOf(user))
    .find(({ id }) => isSame(id, reading) && !isSame(id, me))
  if (typeof other?.username !== 'string') throw new NotTriedError('the name of the second user is not known')
  await trial.say(line, { message: `querywire check @${other.username} ${createId()}` })
  const state = await read(trial, reader, first)
  must(state.mention_count === 1, {
    expected: `one mention: the message had @${other.username}`,
    sent: { type: 'read_receipt', data: trial.inRoom({ message_id: first.id }) },
    received: state,
  })
}

async function versions(trial: Trial): Promise<void> {
  const { line, reader } = await caughtUp(trial)
  const from = reader.mark()
  const last = await trial.say(line)
  await trial.settle(line, reader)
  const state = await read(trial, reader, last)
  await reader.ping()
  const told = reader.frames
    .slice(from)
    .filter(({ type }) => type === 'unread_update' || type === 'room_updated')
    .map((frame) => ({ frame, fields: roomOrCounts(payloadFields(frame)) }))
    .filter(({ fields }) => isSame(fields.room_id ?? fields.id, trial.stage.channel))
  if (told.length === 0)
    throw new NotTriedError('neither unread_update nor room_updated came, see [P80], [P81]')
  const missing = told.find(({ fields }) => !isNumber(fields.version))
  must(missing === undefined, {
    expected: 'a version, in unread_update and in the room',
    sent: null,
    received: missing?.frame,
  })
  must(isNumber(state.version), {
    expected: 'a version in the reply to read_receipt',
    sent: null,
    received: state,
  })
  mustAgree(told)
}

const roomOrCounts = (fields: Fields) => (fields.room === undefined ? fields : fieldsOf(fields.room))

/** Of one version there is one state, whichever frame tells it. */
function mustAgree(told: readonly { readonly frame: unknown; readonly fields: Fields }[]): void {
  const known = new Map<unknown, { readonly frame: unknown; readonly fields: Fields }>()
  for (const each of told) {
    const before = known.get(each.fields.version)
    known.set(each.fields.version, each)
    must(!before || before.fields.unread_count === each.fields.unread_count, {
      expected: 'a new version with every change: two different counts have the same one',
      sent: null,
      received: [before?.frame, each.frame],
    })
  }
}

export const readStateRules = rulesOf('read-state', [
  {
    id: 'P110',
    title: 'a read pointer only moves forward',
    level: 1,
    needs: ['chat', 'channel'],
    trial: forward,
  },
  {
    id: 'P111',
    title: 'mark_unread puts it just before the message, and never forward',
    level: 1,
    needs: ['chat', 'channel'],
    trial: unreadAgain,
  },
  {
    id: 'P112',
    title: "one's own messages are never unread, and sending reads nothing",
    level: 1,
    needs: ['chat', 'channel'],
    trial: ownDoNotCount,
  },
  {
    id: 'P113',
    title: 'unread_count is the number of messages by others after the pointer',
    level: 1,
    needs: ['chat', 'channel', 'second user'],
    trial: othersCount,
  },
  {
    id: 'P114',
    title: 'deleted messages do not count',
    level: 1,
    needs: ['chat', 'channel', 'second user'],
    trial: deletedDoNotCount,
  },
  {
    id: 'P117',
    section: 'chat-from-the-client',
    title: 'one may read up to a deleted message',
    level: 1,
    needs: ['chat', 'channel'],
    trial: deletedIsAPlace,
  },
  {
    id: 'P115',
    title: 'mention_count counts those with @username',
    level: 1,
    needs: ['chat', 'channel', 'second user'],
    trial: mentions,
  },
  {
    id: 'P116',
    title: 'every change of a room, as a user sees it, has a version of its own',
    level: 1,
    needs: ['chat', 'channel', 'second user'],
    trial: versions,
  },
])
