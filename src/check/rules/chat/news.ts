/** What is told by itself: typing, receipts, the state of rooms, who is there. */
import { createId } from '../../environment.ts'
import { fieldsOf, isSame, payloadFields } from '../../frames.ts'
import { must, NotOfferedError, NotTriedError } from '../../outcome.ts'
import { eventsIn, type Trial } from '../../stage/trial.ts'
import { answers, type Line } from '../../wire/line.ts'
import { rulesOf } from '../rule.ts'

const typing = (trial: Trial, line: Line, id?: string) =>
  line.send('typing_indicator', trial.inRoom({ is_typing: true }), id)

async function typingTold(trial: Trial): Promise<void> {
  const [line, other] = [await trial.join(), await trial.join()]
  const sent = typing(trial, line)
  await trial.settle(line, line, other)
  const event = eventsIn(other, 'typing_indicator')[0]
  must(event !== undefined, {
    expected: 'typing_indicator, on the other connections of the room',
    sent,
    received: null,
  })
  const { user, user_id, username, is_typing } = payloadFields(event)
  must(is_typing === true && (user ?? user_id ?? username) !== undefined, {
    expected: '{"room_id":…,"user":{…},"is_typing":true}',
    sent,
    received: event,
  })
}

async function notToOneself(trial: Trial): Promise<void> {
  const line = await trial.join()
  const sent = typing(trial, line)
  await trial.settle(line, line)
  const own = eventsIn(line, 'typing_indicator')[0]
  must(own === undefined, {
    expected: 'nothing: a connection does not hear its own typing',
    sent,
    received: own,
  })
}

async function typingUnanswered(trial: Trial): Promise<void> {
  const line = await trial.join()
  const id = createId()
  const sent = typing(trial, line, id)
  await trial.settle(line, line)
  const reply = line.frames.find((frame) => answers(frame, id))
  must(reply === undefined, { expected: 'no reply: typing is passing', sent, received: reply })
}

async function receiptTold(trial: Trial): Promise<void> {
  const [line, other] = [await trial.join(), await trial.join()]
  const message = await trial.say(line)
  const from = other.mark()
  const state = await trial.ok(line, 'read_receipt', trial.inRoom({ message_id: message.id }))
  if (!isSame(state.last_read_message_id, message.id))
    throw new NotTriedError('the pointer did not move, see [P110]')
  await trial.settle(line, other)
  const sent = { type: 'read_receipt', data: trial.inRoom({ message_id: message.id }) }
  const event = eventsIn(other, 'read_receipt', from)[0]
  const { message_id, user_id } = event ? payloadFields(event) : {}
  must(event !== undefined && isSame(message_id, message.id) && user_id !== undefined, {
    expected: 'a read_receipt event for the room: {"room_id":…,"user_id":…,"message_id":…}',
    sent,
    received: event,
  })
}

async function roomUpdated(trial: Trial): Promise<void> {
  // It has subscribed no room, where there is such a thing as subscribing.
  const [line, watcher] = [await trial.join(), await trial.open()]
  const from = watcher.mark()
  const message = await trial.say(line)
  const isIt = ({ type }: { readonly type: string }) => type === 'room_updated'
  const event = await watcher.wait(
    (frame) => isIt(frame) && isSame(fieldsOf(roomIn(payloadFields(frame)).last_message).id, message.id),
    { from },
  )
  must(event !== undefined, {
    expected: 'a room_updated event with this last_message, on all connections of the members',
    sent: { type: 'chat_message', data: { message: message.content } },
    received: eventsIn(watcher, 'room_updated', from)[0],
  })
}

const roomIn = (fields: ReturnType<typeof fieldsOf>) =>
  fields.room === undefined ? fields : fieldsOf(fields.room)

async function unreadUpdated(trial: Trial): Promise<void> {
  const [line, watcher] = [await trial.join(), await trial.open('second')]
  const from = watcher.mark()
  const message = await trial.say(line)
  const isIt = (frame: Parameters<Parameters<Line['wait']>[0]>[0]) =>
    frame.type === 'unread_update' && isSame(payloadFields(frame).room_id, trial.stage.channel)
  const event = await watcher.wait(isIt, { from })
  const { unread_count } = event ? payloadFields(event) : {}
  must(typeof unread_count === 'number' && unread_count > 0, {
    expected:
      'an unread_update event with the new counts, on all connections of a member who has not read it',
    sent: { type: 'chat_message', data: { message: message.content } },
    received: event,
  })
}

async function presence(trial: Trial): Promise<void> {
  const other = await trial.open('second')
  const greeting = other.frames.find(({ type }) => type === 'welcome')
  const { id } = fieldsOf(greeting && payloadFields(greeting).user)
  if (id === undefined) throw new NotTriedError('welcome does not say who the second user is, see [P17]')
  const line = await trial.open()
  const event = await line.wait(
    (frame) => frame.type === 'user_status' && isSame(payloadFields(frame).user_id, id),
  )
  if (!event && !trial.stage.seen.events.has('user_status'))
    throw new NotOfferedError('no user_status is told')
  must(event !== undefined && payloadFields(event).status === 'online', {
    expected: 'a user_status event after welcome, for the second user, who is online',
    sent: null,
    received: event,
  })
}

export const newsRules = rulesOf('chat-from-the-server', [
  {
    id: 'P77',
    title: 'typing is told to the other connections of the room',
    level: 1,
    needs: ['chat', 'channel'],
    trial: typingTold,
  },
  {
    id: 'P88',
    title: 'typing is not told to the connection that it came from',
    level: 1,
    needs: ['chat', 'channel'],
    trial: notToOneself,
  },
  { id: 'P89', title: 'typing gets no reply', level: 1, needs: ['chat', 'channel'], trial: typingUnanswered },
  {
    id: 'P82',
    title: 'a read receipt is told to the room',
    level: 1,
    needs: ['chat', 'channel'],
    trial: receiptTold,
  },
  {
    id: 'P80',
    title: 'room_updated comes to all connections of the members',
    level: 1,
    needs: ['chat', 'channel'],
    trial: roomUpdated,
  },
  {
    id: 'P81',
    title: 'unread_update comes to those who have not read',
    level: 1,
    needs: ['chat', 'channel', 'second user'],
    trial: unreadUpdated,
  },
  {
    id: 'P28',
    title: 'after welcome, it is told who is online',
    level: 1,
    needs: ['chat', 'channel', 'second user'],
    trial: presence,
  },
])
