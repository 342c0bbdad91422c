/** Who is in the room, for what stands deep inside of it: a chip in a text, the names behind a reaction. */
import { createContext, useContext, useMemo } from 'react'
import type { ChatMember } from '../../src/chat/index.ts'
import type { Id } from './messageRows.ts'

export interface People {
  readonly nameOf: (userId: Id) => string | undefined
  readonly isMe: (userId: Id) => boolean
  /** Whether somebody here has that name, in upper or lower case. */
  readonly called: (name: string) => 'me' | 'member' | undefined
}

const NOBODY: People = { nameOf: () => undefined, isMe: () => false, called: () => undefined }

const Context = createContext(NOBODY)

export const PeopleProvider = Context.Provider

export const usePeople = (): People => useContext(Context)

/** The same as long as nobody comes, goes, or gets another name: members also change with all that they read. */
export function usePeopleOf(members: readonly ChatMember[] | undefined, me: Id | undefined): People {
  const text = JSON.stringify(members?.map(({ user }) => [String(user.id), user.username]) ?? [])
  return useMemo(() => {
    const users = JSON.parse(text) as readonly (readonly [id: string, name: string])[]
    const names = new Map(users)
    const ids = new Map(users.map(([id, name]) => [name.toLowerCase(), id]))
    return {
      nameOf: (userId) => names.get(String(userId)),
      isMe: (userId) => me !== undefined && String(userId) === String(me),
      called(name) {
        const id = ids.get(name.toLowerCase())
        if (id === undefined) return undefined
        return id === String(me) ? 'me' : 'member'
      },
    }
  }, [text, me])
}
