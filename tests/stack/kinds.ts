/** What can happen in a schedule beyond plain use, each of it to be switched on and off by itself. */

export const KINDS = {
  /** No fault: looks after every single write, also in the middle of a batch, which no component is rendered with. */
  everyWrite: false,
  /** Sockets that end, with all sorts of codes, and frames under way that are lost or not. */
  disconnects: true,
  /** Sockets that stay open with nothing getting through. */
  halfOpen: true,
  /** Dials that fail, or that nobody answers. */
  outages: true,
  /** The server accepts connections and closes them before it greets. */
  refusedConnections: true,
  restarts: true,
  newEpochs: true,
  draining: true,
  /** Level 2 and 3: numbered events are lost, doubled and late. */
  lossyEvents: true,
  /** Level 2 and 3: an event is lost and no other follows. */
  lostLast: true,
  /** Level 2 and 3: replies are lost. */
  lostReplies: true,
  /** Level 2 and 3: `room_updated` and `unread_update` are lost, doubled and late. */
  lostCounts: true,
  /** Level 2 and 3: `room_added` and `room_removed` are lost. */
  lostMembership: false,
  /** Level 2 and 3: an event with a number far ahead, of which the server knows nothing when it is asked. */
  falseNumbers: true,
  /** Sends, edits and the like are refused: rate limits, internal errors. */
  refusals: true,
  /** Subscriptions are refused, at once or seconds later. */
  lateRefusals: true,
  historyErrors: true,
  /** The server says that what a client has may be wrong. */
  resyncs: true,
  /** What arrives at one time is one socket message, which takes several tasks to be worked off. */
  slices: true,
  /** Latency in both directions; pages that open on a slow line. */
  slowness: true,
  /** `get_history` is served later than what came after it. */
  slowHistory: true,
  /** A frame that the server always dies of, or closes for. */
  poison: true,
  membership: true,
  /** Short tokens, tokens that the server ends early, token sources that take their time. */
  tokens: true,
  /** Another user, and the application says so. */
  switches: true,
  /** Another user, and nobody says so: found at the next dial. */
  silentSwitches: true,
  signOut: true,
  /** Sessions without a token: the server decides from the environment who it is. */
  cookies: true,
  reloads: true,
  /** A stored cache is restored while somebody else is signed in. */
  reloadsByOthers: true,
  /** A cache that was stored a while ago is restored. */
  oldStores: true,
  /** A second page of the same user that restores the same store while the first lives on. */
  twoPages: true,
  /** `close()` and `clear()` in the tick of a send. */
  closeAndClear: true,
  /** Pages whose mutations have `retry: 3`. */
  mutationRetry: true,
  /** Pages whose sends have an asynchronous `onMutate`. */
  asyncOnMutate: true,
  /** Pages whose sends have an asynchronous `onSuccess`. */
  asyncOnSuccess: true,
  edits: true,
  /** Some messages have files, whose uploads take their time, and may fail. */
  files: true,
  /** Edits and reactions to messages that the server has not named yet. */
  editsOfUnsent: true,
  doubleInvalidates: true,
  /** A socket per room. */
  roomEndpoints: true,
} as const satisfies Record<string, boolean>

export type Kind = keyof typeof KINDS
export type Kinds = Readonly<Record<Kind, boolean>>

/** `only`: nothing else; `off`: without these. Unknown names are mistakes. */
export function kindsOf(given: {
  readonly only?: string | undefined
  readonly off?: string | undefined
}): Kinds {
  const names = (list: string | undefined) => list?.split(',').filter(Boolean)
  const [only, off] = [names(given.only), names(given.off)]
  for (const name of [...(only ?? []), ...(off ?? [])])
    if (!Object.hasOwn(KINDS, name)) throw new Error(`There is no kind of fault "${name}"`)
  const isOn = ([kind, isDefault]: [string, boolean]) =>
    [kind, (only ? only.includes(kind) : isDefault) && !off?.includes(kind)] as const
  return Object.fromEntries(Object.entries(KINDS).map(isOn)) as Kinds
}
