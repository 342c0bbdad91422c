/** What is looked at in every frame that comes, whatever it came for. Only the first of each kind is kept. */

import { type Frame, isNumber, payloadOf } from '../frames.ts'
import { createComplaints, type ProtocolSchema } from '../schema/protocolSchema.ts'
import type { ReadMessage } from '../wire/readMessage.ts'
import { wrongTimes } from './times.ts'

export interface Complaint {
  readonly why: string
  readonly received: unknown
}

export interface Seen {
  readonly frames: number
  /** Frames of the types that have a shape. */
  readonly shaped: number
  readonly events: ReadonlyMap<string, number>
  readonly unreadable: Complaint | undefined
  readonly shape: Complaint | undefined
  readonly time: Complaint | undefined
  readonly withoutRoom: Complaint | undefined
  readonly numbering: Complaint | undefined
  readonly passingNumbered: Complaint | undefined
  message(message: ReadMessage): void
  answer(type: string, frame: Frame): void
}

/** Those that change the state of a room. */
export const STATE_EVENTS: readonly string[] = [
  'chat_message',
  'message_updated',
  'message_deleted',
  'reaction_updated',
  'member_joined',
  'member_left',
]
export const PASSING_EVENTS: readonly string[] = ['typing_indicator', 'read_receipt']

type Slot = 'unreadable' | 'shape' | 'time' | 'withoutRoom' | 'numbering' | 'passingNumbered'

export function createSeen(schema: ProtocolSchema): Seen {
  const found: Partial<Record<Slot, Complaint>> = {}
  const counts = { frames: 0, shaped: 0 }
  const events = new Map<string, number>()
  const complain = (slot: Slot, why: string | undefined, received: unknown) => {
    if (why !== undefined) found[slot] ??= { why, received }
  }
  const complaintsOf = createComplaints(schema)
  const look = (frame: Frame) => {
    counts.frames += 1
    events.set(frame.type, (events.get(frame.type) ?? 0) + 1)
    const isReply = frame.reply_to !== undefined
    if (isReply) return
    const problem = complaintsOf(`event.${frame.type}`, payloadOf(frame))
    if (problem !== undefined) counts.shaped += 1
    if (problem) complain('shape', `${frame.type}: ${problem}`, frame)
    complain('time', wrongTimes(frame), frame)
    lookAtEnvelope(frame, complain)
  }
  return {
    get frames() {
      return counts.frames
    },
    get shaped() {
      return counts.shaped
    },
    events,
    get unreadable() {
      return found.unreadable
    },
    get shape() {
      return found.shape
    },
    get time() {
      return found.time
    },
    get withoutRoom() {
      return found.withoutRoom
    },
    get numbering() {
      return found.numbering
    },
    get passingNumbered() {
      return found.passingNumbered
    },
    message: ({ frames, unreadable }) => {
      for (const value of unreadable)
        complain('unreadable', 'a message is neither a frame nor an array of frames', value)
      for (const frame of frames) look(frame)
    },
    answer: (type, frame) => {
      const problem = complaintsOf(`reply.${type}`, frame.data)
      if (problem !== undefined) counts.shaped += 1
      if (problem) complain('shape', `the reply to ${type}: ${problem}`, frame)
      complain('time', wrongTimes(frame), frame)
    },
  }
}

function lookAtEnvelope(frame: Frame, complain: (slot: Slot, why: string, received: unknown) => void): void {
  const isState = STATE_EVENTS.includes(frame.type)
  const isPassing = PASSING_EVENTS.includes(frame.type)
  if ((isState || isPassing) && frame.room_id === undefined) {
    complain('withoutRoom', `${frame.type} has no room_id beside its type`, frame)
  }
  if (isState && !(isNumber(frame.seq) && typeof frame.epoch === 'string')) {
    complain(
      'numbering',
      `${frame.type} has no seq (an integer from 0 to 2^53 − 1) with its epoch (a text)`,
      frame,
    )
  }
  if (isPassing && (frame.seq !== undefined || frame.epoch !== undefined)) {
    complain('passingNumbered', `${frame.type} passes by and must carry neither seq nor epoch`, frame)
  }
}
