/** The data of the fold measurements: 303-byte frames as a chat server would send them, and pages of 50. */

export interface Message {
  readonly id: string
  readonly room_id: string
  readonly sender: { readonly id: string; readonly username: string }
  readonly content: string
  readonly timestamp: string
  readonly version: number
}

export interface Room {
  readonly id: string
  readonly name: string
  readonly unread_count: number
  readonly last_activity_at: number
}

export interface Frame {
  readonly type: string
  readonly seq: number
  readonly payload: unknown
}

export const PAGE_SIZE = 50

const START = Date.UTC(2026, 0, 1)

export function messageAt(position: number, version = 1): Message {
  return {
    id: `m${String(position).padStart(12, '0')}`,
    room_id: 'room-1',
    sender: { id: `user-${position % 7}`, username: `somebody-${position % 7}` },
    content: `Message number ${position}, which is about as long as what people write to each other`,
    timestamp: new Date(START + position * 1_000).toISOString(),
    version,
  }
}

export function roomAt(position: number, changes: Partial<Room> = {}): Room {
  return {
    id: `r${position}`,
    name: `Room ${position}`,
    unread_count: 0,
    last_activity_at: position,
    ...changes,
  }
}

/** Spread over what is loaded, the same for every subject. */
export function spread(count: number, size: number): number[] {
  return Array.from({ length: count }, (_, at) => (at * 7_919 + 13) % size)
}

export type Operation = 'new message' | 'edit' | 'delete' | 'receipt' | 'receipt that reorders'

/** Frame texts for `count` operations over `size` loaded items; positions below `size` are loaded. */
export function framesFor(operation: Operation, size: number, count: number): string[] {
  const frame = (at: number, type: string, payload: unknown) => JSON.stringify({ type, seq: at + 1, payload })
  const places = spread(count, size)
  const at = (index: number) => places[index] ?? 0
  const write: Record<Operation, (index: number) => string> = {
    'new message': (index) => frame(index, 'created', messageAt(size + index)),
    edit: (index) =>
      frame(index, 'edited', { ...messageAt(at(index), index + 2), content: `edited ${index}` }),
    delete: (index) => frame(index, 'deleted', { id: messageAt(at(index)).id }),
    receipt: (index) => frame(index, 'receipt', { id: `r${at(index)}`, unread_count: index + 1 }),
    'receipt that reorders': (index) =>
      frame(index, 'receipt', {
        id: `r${at(index)}`,
        unread_count: index + 1,
        last_activity_at: size + index,
      }),
  }
  return Array.from({ length: count }, (_, index) => write[operation](index))
}
