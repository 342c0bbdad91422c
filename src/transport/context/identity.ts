/**
 * Who this page speaks for: what its tokens say, and whom the server greets. One for all connections of a manager, because
 * a token or a cookie is everybody's. Knows no socket.
 */
import { IDENTITY_KINDS, type Identity, type IdentityPort } from '../port.ts'

export interface IdentityBook extends IdentityPort {
  /** `null`: nobody. `undefined`: it does not say, nor can it be whom it named before. `by`: what has learned it, and belongs to whoever it is. */
  learn(of: keyof Identity, id: string | null | undefined, by?: { era: number }): void
  /** Credentials may have changed: what began before this says nothing any more. */
  doubt(): void
  /** Nothing more can be learned from a server that does not say whom it greets. */
  endDoubt(): void
}

export function createIdentityBook(): IdentityBook {
  const listeners = new Set<(isOther: boolean) => void>()
  const tell = (isOther: boolean, isSure = true) => {
    book.isSure = isSure
    for (const listener of [...listeners]) listener(isOther)
  }
  const book = {
    who: {} as Identity,
    era: 0,
    isSure: true,
    subscribe(listener: (isOther: boolean) => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    learn(of: keyof Identity, id: string | null | undefined, by?: { era: number }) {
      const { who, isSure } = book
      if (id === undefined && who[of] === undefined) return
      const next = nextOf(who, of, id)
      const isOther = isSomebodyElse(who, next)
      if (isSure && next[of] === who[of] && !isOther) return
      // A doubt that turns out to be right has begun the new era already.
      if (isOther && isSure) book.era++
      if (by) by.era = book.era
      book.who = next
      tell(isOther)
    },
    doubt() {
      book.era++
      tell(false, false)
    },
    endDoubt() {
      if (!book.isSure) tell(false)
    },
  }
  return book
}

/** What was said otherwise before a token of somebody else was said of the former user. */
function nextOf(who: Identity, of: keyof Identity, id: string | null | undefined): Identity {
  if (id == null) return {}
  const isOtherToken = of === 'token' && who.token !== undefined && who.token !== id
  return { ...(isOtherToken ? {} : who), [of]: id }
}

function isSomebodyElse(before: Identity, next: Identity): boolean {
  return IDENTITY_KINDS.some((of) => before[of] !== undefined && before[of] !== next[of])
}
