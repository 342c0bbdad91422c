/** Whose a send is, and who is here. Knows no mutation, and nothing of how one signs in. */
import {
  IDENTITY_KINDS,
  type Id,
  type Identity,
  type IdentityPort,
  type LivePort,
} from '../../transport/port.ts'
import { isId } from '../fold/items.ts'

/** Where something began: by whom, as far as that is known, and when. */
export interface Author {
  who: Identity
  /** `BEFORE`: it comes out of storage; whoever was here then need not be here now. */
  readonly era: number
}

/** No era of this page. */
export const BEFORE = -1

export interface Authors {
  /** Who is here: what the port knows, and what the application says. */
  now(): Author
  /** Whoever that turns out to be, while it is in doubt and the application does not say. */
  begin(): Author
  /** For as long as there is a `target`, and holds none: a manager outlives many of those who listen. */
  subscribe<Target extends object>(
    target: Target,
    listener: (target: Target, isOther: boolean) => void,
  ): () => void
}

/** `user`: the application's own word for who is signed in, where it has one. */
export function createAuthors(
  { identity }: Pick<LivePort, 'identity'>,
  user?: () => Id | undefined,
): Authors {
  const author = (who: Identity): Author => ({ who, era: identity?.era ?? 0 })
  const given = () => {
    const id = user?.()
    return isId(id) ? { user: String(id) } : {}
  }
  const now = () => author({ ...given(), ...identity?.who })
  return {
    now,
    begin: () => (identity?.isSure === false ? author(given()) : now()),
    subscribe: (target, listener) => whileThere(identity, new WeakRef(target), listener),
  }
}

/** Out here, where nothing else is in scope: a closure holds all that is. */
function whileThere<Target extends object>(
  identity: IdentityPort | undefined,
  target: WeakRef<Target>,
  listener: (target: Target, isOther: boolean) => void,
): () => void {
  const stop = identity?.subscribe((isOther) => {
    const there = target.deref()
    if (there) listener(there, isOther)
    else stop?.()
  })
  return () => stop?.()
}

/** `undefined`: nothing is known of both. */
export function isSame(one: Identity, other: Identity): boolean | undefined {
  const shared = IDENTITY_KINDS.filter((kind) => one[kind] !== undefined && other[kind] !== undefined)
  return shared.length === 0 ? undefined : shared.every((kind) => one[kind] === other[kind])
}

export const isNobody = (who: Identity) => IDENTITY_KINDS.every((kind) => who[kind] === undefined)

/** Whether it may be shown and sent as the own of whoever is here now. */
export function isOwn({ who, era }: Author, now: Author): boolean {
  if (!isNobody(who)) return isSame(who, now.who) === true
  // Begun before it was known who is here: theirs who turned out to be, if nobody else can have come in between.
  return isNobody(now.who) || era === now.era
}
