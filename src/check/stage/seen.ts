/** What is looked at in every frame that comes, whatever it came for. Only the first of each kind is kept. */

import { type Frame, isNumber, payloadOf } from '../frames.ts'
import { createComplaints, type ProtocolSchema } from '../schema/protocolSchema.ts'
import type { ReadMessage } from '../wire/readMessage.ts'
import { wrongTimes } from './times.ts'

export interface Complaint {
  readonly why: string
  readonly received: unknown
}

type Slot = 'unreadable' | 'shape' | 'time' | 'withoutRoom' | 'numbering' | 'passingNumbered'

export interface Seen {
  readonly found: Readonly<Partial<Record<Slot, Complaint>>>
  /** All frames, and those of the types that have a shape. */
  readonly counts: { readonly frames: number; readonly shaped: number }
  /** How many came of each type. */
  readonly events: ReadonlyMap<string, number>
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
const PASSING_EVENTS: readonly string[] = ['typing_indicator', 'read_receipt']

type Complain = (slot: Slot, why: string | undefined, received: unknown) => void

export function createSeen(schema: ProtocolSchema): Seen {
  const found: Partial<Record<Slot, Complaint>> = {}
  const counts = { frames: 0, shaped: 0 }
  const events = new Map<string, number>()
  const complain: Complain = (slot, why, received) => {
    if (why !== undefined) found[slot] ??= { why, received }
  }
  const complaintsOf = createComplaints(schema)
  const lookAtShape = (name: string, value: unknown, frame: Frame) => {
    const problem = complaintsOf(name, value)
    if (problem !== undefined) counts.shaped += 1
    if (problem === undefined) return
    if (problem !== '') complain('shape', `${name}: ${problem}`, frame)
    complain('time', wrongTimes(frame), frame)
  }
  const look = (frame: Frame) => {
    counts.frames += 1
    if (frame.reply_to !== undefined) return
    events.set(frame.type, (events.get(frame.type) ?? 0) + 1)
    lookAtShape(`event.${frame.type}`, payloadOf(frame), frame)
    lookAtEnvelope(frame, complain)
  }
  return {
    found,
    counts,
    events,
    message: ({ frames, unreadable }) => {
      for (const value of unreadable) {
        complain('unreadable', 'a message is neither a frame nor an array of frames', value)
      }
      for (const frame of frames) look(frame)
    },
    answer: (type, frame) => lookAtShape(`reply.${type}`, frame.data, frame),
  }
}

function lookAtEnvelope(frame: Frame, complain: Complain): void {
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
