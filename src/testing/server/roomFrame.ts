/** A frame about one room that carries no number. The room stands in the envelope, where clients look for it first. */
import type { RoomState } from './room.ts'
import type { ServerFrame } from './wire.ts'

export const roomFrame = (type: string, room: RoomState, data: object): ServerFrame => ({
  type,
  room_id: room.record.id,
  data,
})
