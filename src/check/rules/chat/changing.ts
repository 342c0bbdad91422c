/** Edits, deletions, reactions. */
import { createId } from '../../environment.ts'
import { type Fields, isNumber, isSame, listOf, messageIn, payloadFields } from '../../frames.ts'
import { must, NotTriedError } from '../../outcome.ts'
import { eventsIn, messageOf, type Trial } from '../../stage/trial.ts'
import type { Line } from '../../wire/line.ts'
import { rulesOf } from '../rule.ts'

const text = () => `querywire check ${createId()}`
const versionOf = (message: Fields) => (isNumber(message.version) ? message.version : undefined)

/** A message of one's own, and the connection it was sent on. */
async function posted(trial: Trial) {
  const line = await trial.join()
  const message = await trial.say(line)
  return { line, message, about: trial.inRoom({ message_id: message.id }) }
}

const isAbout = (id: unknown) => (frame: Fields & { readonly type: string }) =>
  isSame(payloadFields(frame).message_id ?? messageOf(frame).id, id)

async function edit(trial: Trial): Promise<void> {
  const { line, message, about } = await posted(trial)
  const content = text()
  const answer = await line.ask('edit_message', { ...about, message: content })
  if (!answer.ok && answer.code === 'unsupported')
    await trial.ok(line, 'edit_message', { ...about, message: content })
  const { sent, frame: received } = answer
  must(answer.ok && messageIn(answer.data).content === content, {
    expected: 'a reply with the message as it now is',
    sent,
    received,
  })
  must(messageIn(answer.data).edited_at !== undefined, {
    expected: 'edited_at on the message',
    sent,
    received,
  })
  const event = await line.wait((frame) => frame.type === 'message_updated' && isAbout(message.id)(frame))
  must(event !== undefined, { expected: 'a message_updated event for the room', sent, received: null })
  must(messageOf(event).content === content, {
    expected: 'the new content in the event',
    sent,
    received: event,
  })
}

async function versions(trial: Trial): Promise<void> {
  const { line, message, about } = await posted(trial)
  const first = versionOf(message)
  must(first === 1, { expected: 'Message.version is 1 at first', sent: null, received: message })
  const edited = messageIn(await trial.ok(line, 'edit_message', { ...about, message: text() }))
  must((versionOf(edited) ?? 0) > first, {
    expected: 'a higher version after an edit',
    sent: null,
    received: edited,
  })
  const reacted = await trial.ok(line, 'add_reaction', { ...about, reaction: '👍' })
  must((versionOf(reacted) ?? 0) > (versionOf(edited) ?? 0), {
    expected: 'a higher version after a reaction',
    sent: null,
    received: reacted,
  })
}

async function idleEdit(trial: Trial): Promise<void> {
  const { line, message, about } = await posted(trial)
  const answer = await line.ask('edit_message', { ...about, message: message.content })
  if (!answer.ok) throw new NotTriedError(`edit_message is refused: ${answer.code}`)
  await trial.settle(line, line)
  const event = eventsIn(line, 'message_updated').find(isAbout(message.id))
  must(event === undefined, { expected: 'no event: nothing has changed', sent: answer.sent, received: event })
}

async function removal(trial: Trial): Promise<void> {
  const { line, message, about } = await posted(trial)
  const answer = await line.ask('delete_message', about)
  if (!answer.ok && answer.code === 'unsupported') await trial.ok(line, 'delete_message', about)
  const { sent, frame: received } = answer
  const told = answer.ok ? messageIn(answer.data) : {}
  must(answer.ok && typeof told.deleted_at === 'string', {
    expected: 'a reply with the message, and deleted_at',
    sent,
    received,
  })
  must(!told.content, { expected: 'the content is gone from the reply', sent, received })
  const event = await line.wait((frame) => frame.type === 'message_deleted' && isAbout(message.id)(frame))
  must(event !== undefined, { expected: 'a message_deleted event for the room', sent, received: null })
}

async function goneFromHistory(trial: Trial): Promise<void> {
  const { line, message, about } = await posted(trial)
  await trial.ok(line, 'delete_message', about)
  const page = await trial.ok(line, 'get_history', trial.inRoom({ limit: 50 }))
  const found = listOf(page.messages).find(({ id }) => isSame(id, message.id))
  must(found === undefined, { expected: 'a deleted message is in no history', sent: null, received: found })
}

async function reactionCount(trial: Trial): Promise<void> {
  const { line, message, about } = await posted(trial)
  const answer = await line.ask('add_reaction', { ...about, reaction: '👍' })
  if (!answer.ok && answer.code === 'unsupported')
    await trial.ok(line, 'add_reaction', { ...about, reaction: '👍' })
  const { sent, frame: received } = answer
  const mine = answer.ok ? listOf(answer.data.reactions).find(({ name }) => name === '👍') : undefined
  must(mine?.count === 1 && mine.me === true, {
    expected: '{"reactions":[{"name":"👍","count":1,"me":true}],"version":…}',
    sent,
    received,
  })
  const event = await line.wait((frame) => frame.type === 'reaction_updated' && isAbout(message.id)(frame))
  must(event !== undefined, { expected: 'a reaction_updated event for the room', sent, received: null })
  const removed = await line.ask('remove_reaction', { ...about, reaction: '👍' })
  const left = removed.ok ? listOf(removed.data.reactions).find(({ name }) => name === '👍') : mine
  must(removed.ok && !left?.count, {
    expected: 'the reaction is gone',
    sent: removed.sent,
    received: removed.frame,
  })
}

async function twice(trial: Trial): Promise<void> {
  const { line, message, about } = await posted(trial)
  const data = { ...about, reaction: '👍' }
  const first = await trial.ok(line, 'add_reaction', data)
  const answer = await line.ask('add_reaction', data)
  const { sent, frame: received } = answer
  must(answer.ok, { expected: 'the state as it is: it is done already', sent, received })
  const count = listOf(answer.data.reactions).find(({ name }) => name === '👍')?.count
  must(count === 1, { expected: 'each user counts once', sent, received })
  must(answer.data.version === first.version, { expected: 'no new version', sent, received })
  await trial.settle(line, line)
  const events = eventsIn(line, 'reaction_updated').filter(isAbout(message.id))
  must(events.length <= 1, { expected: 'no second event', sent, received: events })
}

async function asSeen(trial: Trial): Promise<void> {
  const { line, message, about } = await posted(trial)
  const other: Line = await trial.join('second')
  const from = [line.mark(), other.mark()]
  await trial.ok(line, 'add_reaction', { ...about, reaction: '🎉' })
  for (const [at, [receiver, me]] of [[line, true] as const, [other, false] as const].entries()) {
    const event = await receiver.wait(
      (frame) => frame.type === 'reaction_updated' && isAbout(message.id)(frame),
      {
        from: from[at] ?? 0,
      },
    )
    if (!event) throw new NotTriedError('the event did not come')
    const seen = listOf(payloadFields(event).reactions).find(({ name }) => name === '🎉')
    must(Boolean(seen?.me) === me, {
      expected: `"me": ${me}, for ${me ? 'the one who reacted' : 'somebody else'}`,
      sent: null,
      received: event,
    })
  }
}

async function othersMessages(trial: Trial): Promise<void> {
  const { about } = await posted(trial)
  const other = await trial.join('second')
  const answer = await other.ask('edit_message', { ...about, message: text() })
  if (answer.ok) throw new NotTriedError('this user may edit the messages of others')
  must(['forbidden', 'unsupported'].includes(answer.code), {
    expected: 'an error with the code "forbidden"',
    sent: answer.sent,
    received: answer.frame,
  })
}

export const changingRules = rulesOf('chat-from-the-client', [
  {
    id: 'P56',
    title: 'an edit is answered, and told to the room',
    level: 1,
    needs: ['chat', 'channel'],
    trial: edit,
  },
  {
    id: 'P57',
    title: 'an edit that changes nothing is no event',
    level: 1,
    needs: ['chat', 'channel'],
    trial: idleEdit,
  },
  {
    id: 'P58',
    title: 'a deletion is answered with deleted_at and no content, and told to the room',
    level: 1,
    needs: ['chat', 'channel'],
    trial: removal,
  },
  {
    id: 'P59',
    title: 'a deleted message is in no history',
    level: 1,
    needs: ['chat', 'channel'],
    trial: goneFromHistory,
  },
  {
    id: 'P61',
    title: 'a reaction is answered, counted and told to the room',
    level: 1,
    needs: ['chat', 'channel'],
    trial: reactionCount,
  },
  {
    id: 'P62',
    title: 'reacting twice is reacting once: no event, no new version',
    level: 1,
    needs: ['chat', 'channel'],
    trial: twice,
  },
  {
    id: 'P63',
    section: 'chat-from-the-server',
    title: '"me" is as the receiver of the event sees it',
    level: 1,
    needs: ['chat', 'channel', 'second user'],
    trial: asSeen,
  },
  {
    id: 'P137',
    title: 'who may not change a message is told "forbidden"',
    level: 1,
    needs: ['chat', 'channel', 'second user'],
    trial: othersMessages,
  },
])

export const versionRules = rulesOf('shapes', [
  {
    id: 'P121',
    title: 'Message.version begins with 1 and grows with every change',
    level: 1,
    needs: ['chat', 'channel'],
    trial: versions,
  },
])
