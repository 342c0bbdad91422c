/** What a message on the socket is. */
import { createId } from '../../environment.ts'
import { isSame } from '../../frames.ts'
import { must, NotOfferedError, NotTriedError } from '../../outcome.ts'
import type { Complaint } from '../../stage/seen.ts'
import { STATE_EVENTS } from '../../stage/seen.ts'
import type { Trial } from '../../stage/trial.ts'
import { answers, closeWords } from '../../wire/line.ts'
import { rulesOf } from '../rule.ts'

/** Of what was looked at in every frame. */
function noComplaint(complaint: Complaint | undefined, expected: string): void {
  must(complaint === undefined, { expected, why: complaint?.why ?? '', received: complaint?.received })
}

async function unknownType({ stage, open }: Trial): Promise<void> {
  const line = await open()
  const id = createId()
  const sent = line.send('querywire_check_unknown', { a: 1 }, id)
  await line.ping()
  const answer = line.frames.find((frame) => answers(frame, id))
  if (stage.level === 0) {
    must(answer === undefined, {
      expected: 'nothing: frames of unknown types are ignored',
      sent,
      received: answer,
    })
    return
  }
  const found = answer ?? (await line.wait((frame) => answers(frame, id)))
  const isNameless = line.frames.some(({ type, reply_to }) => type === 'error' && reply_to === undefined)
  if (!found && isNameless) throw new NotTriedError('errors do not say which frame they are about, see [P34]')
  const { code } = (found?.error ?? {}) as { readonly code?: unknown }
  must(code === 'unsupported', {
    expected: 'an error with the code "unsupported", on a connection that stays open',
    sent,
    received: found,
  })
}

async function unknownFields({ open, stage }: Trial): Promise<void> {
  const line = await open()
  const read = stage.domain.read(stage.channel)
  const plain = await line.ask(read.type, read.data)
  if (!plain.ok) throw new NotTriedError(`"${read.type}" is refused: ${plain.code}`)
  const answer = await line.ask(read.type, { ...(read.data as object), querywire_check: { new: true } })
  must(answer.ok, {
    expected: 'the same answer as without the unknown field',
    sent: answer.sent,
    received: answer.frame,
  })
}

async function noForeignIds({ join, write, settle }: Trial): Promise<void> {
  const line = await join()
  const written = await write(line)
  await settle(line, line)
  const wrong = line.frames.find(
    (frame) =>
      frame.reply_to === undefined && frame.type !== 'error' && isSame(frame.id, written.answer?.sent.id),
  )
  must(wrong === undefined, {
    expected: 'an event without the id of the frame that caused it: the client would take it for the reply',
    sent: written.answer?.sent,
    received: wrong,
  })
}

async function arrays({ stage, open }: Trial): Promise<void> {
  if (stage.welcome?.batch !== true) throw new NotOfferedError('welcome does not say batch: true')
  const line = await open()
  const { type, data } = stage.domain.read(stage.channel)
  const frames = [createId(), createId(), createId()].map((id) => ({ type, data, id }))
  line.sendText(JSON.stringify(frames))
  for (const { id } of frames) {
    const answer = await line.wait((frame) => answers(frame, id))
    must(answer !== undefined, {
      expected: 'one reply for each frame of the array',
      why: line.closed
        ? `the connection was closed with ${closeWords(line.closed)}`
        : 'one of them was not answered',
      sent: frames,
      received: answer,
    })
  }
}

export const frameRules = rulesOf('frames', [
  {
    id: 'P1',
    title: 'every message is JSON text: a frame, or an array of frames',
    level: 0,
    trial: async ({ stage, open }) => {
      const line = await open()
      await line.wait(() => true)
      if (stage.seen.counts.frames === 0 && !stage.seen.found.unreadable)
        throw new NotTriedError('nothing was heard')
      noComplaint(
        stage.seen.found.unreadable,
        'JSON: an object with a "type" that is text, or an array of such objects',
      )
    },
  },
  {
    id: 'P2',
    title: 'times are ISO 8601 in UTC, with milliseconds',
    level: 0,
    trial: async ({ stage }) => {
      if (stage.seen.counts.frames === 0) throw new NotTriedError('nothing was heard')
      noComplaint(stage.seen.found.time, 'times like 2024-01-15T10:30:00.000Z')
    },
  },
  { id: 'P3', title: 'a frame of an unknown type does no harm', level: 0, trial: unknownType },
  { id: 'P4', title: 'unknown fields are left alone', level: 1, needs: ['channel'], trial: unknownFields },
  {
    id: 'P5',
    title: 'an event of a room says so by room_id, beside its type',
    level: 1,
    strength: 'should',
    needs: ['chat'],
    trial: async ({ stage }) => {
      if (!STATE_EVENTS.some((type) => stage.seen.events.has(type)))
        throw new NotTriedError('no event of a room was heard')
      noComplaint(stage.seen.found.withoutRoom, 'room_id beside the type of the event')
    },
  },
  {
    id: 'P6',
    title: "an event does not carry the id of a client's frame",
    level: 1,
    needs: ['channel'],
    trial: noForeignIds,
  },
  {
    id: 'P7',
    title: 'arrays are taken where welcome says batch: true',
    level: 1,
    needs: ['channel'],
    trial: arrays,
  },
])

export const shapeRules = rulesOf('shapes', [
  {
    id: 'P120',
    title: 'frames have the shapes of the document',
    level: 1,
    needs: ['chat'],
    trial: async ({ stage }) => {
      if (stage.seen.counts.shaped === 0) throw new NotTriedError('no frame was heard that has a shape')
      noComplaint(stage.seen.found.shape, 'fields as in docs/protocol.schema.json')
    },
  },
])

export const passiveNumberRules = rulesOf('chat-from-the-server', [
  {
    id: 'P83',
    title: 'events that change a room carry seq and epoch',
    level: 2,
    needs: ['chat'],
    essential: true,
    trial: async ({ stage }) => {
      if (!STATE_EVENTS.some((type) => stage.seen.events.has(type)))
        throw new NotTriedError('no event of a room was heard')
      noComplaint(stage.seen.found.numbering, 'seq and epoch beside the type of the event')
    },
  },
  {
    id: 'P84',
    title: 'typing and receipts carry no number',
    level: 2,
    needs: ['chat'],
    trial: async ({ stage: { seen } }) => {
      const wasHeard = seen.events.has('typing_indicator') || seen.events.has('read_receipt')
      if (!wasHeard) throw new NotTriedError('neither of the two was heard')
      noComplaint(seen.found.passingNumbered, 'neither seq nor epoch on what passes by')
    },
  },
])
