/** Where the server's state outlives the process. The server calls it synchronously, before it tells anyone. */
import type { Key, MemberRecord, MessageRecord, RoomRecord, UserRecord } from './records.ts'
import type { Id } from './wire.ts'

export type StoreChange =
  | { readonly type: 'user'; readonly user: UserRecord }
  | { readonly type: 'room'; readonly room: RoomRecord }
  /** Membership and read state. */
  | { readonly type: 'member'; readonly roomId: Id; readonly member: MemberRecord }
  | { readonly type: 'member_removed'; readonly roomId: Id; readonly userKey: Key }
  | { readonly type: 'message'; readonly message: MessageRecord }
  | { readonly type: 'epoch'; readonly epoch: string }

export interface StoredRoom {
  readonly record: RoomRecord
  readonly members: readonly MemberRecord[]
  /** Oldest first. */
  readonly messages: readonly MessageRecord[]
}

export interface StoredChat {
  readonly epoch: string
  readonly users: readonly UserRecord[]
  readonly rooms: readonly StoredRoom[]
}

export interface ChatStore {
  /** Undefined when nothing was ever written: the server then starts from its `users` and `rooms` options. */
  load(): StoredChat | undefined
  /**
   * All changes of one turn, to be kept together or not at all. Each is the whole new value of what it names. When it
   * returns, the changes must survive a crash; when it throws, no client hears of them.
   */
  write(changes: readonly StoreChange[]): void
}

/** What a change is about; a later change with the same name replaces an earlier one. */
export function changeName(change: StoreChange): string {
  switch (change.type) {
    case 'user':
      return JSON.stringify(['user', String(change.user.id)])
    case 'room':
      return JSON.stringify(['room', String(change.room.id)])
    case 'member':
      return JSON.stringify(['member', String(change.roomId), change.member.userKey])
    case 'member_removed':
      return JSON.stringify(['member', String(change.roomId), change.userKey])
    case 'message':
      return JSON.stringify(['message', String(change.message.id)])
    case 'epoch':
      return 'epoch'
  }
}
