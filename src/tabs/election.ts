/**
 * Which tab has the sockets: `next(state, input) → [state, effects]`. The lock decides; this decides when to wait for it, when
 * to take it from one who has it and does not answer, and whom to follow. Knows no lock, no channel and no clock.
 */

interface Common {
  /** Nobody looks at this page. */
  readonly isHidden: boolean
}

type Candidate = Common & { readonly role: 'candidate'; readonly asked: number }
type Follower = Common & { readonly role: 'follower'; readonly leader: string; readonly asked: number }

/**
 * A candidate waits for the lock, or for one who has it. `asked`: how many questions in a row nobody has answered. `leader`:
 * its term, which is one tab's for as long as it has the lock.
 */
export type ElectionState =
  | (Common & { readonly role: 'out' })
  | Candidate
  | Follower
  | (Common & { readonly role: 'leader' })

export type ElectionInput =
  /** A socket is wanted; none is any more. */
  | { readonly type: 'join' }
  | { readonly type: 'leave' }
  /** The page is about to stand still, or to end. */
  | { readonly type: 'sleep' }
  | { readonly type: 'granted' }
  /** The lock was taken away. */
  | { readonly type: 'stolen' }
  /** It has answered us. */
  | { readonly type: 'answer'; readonly leader: string }
  /** It has told everybody. */
  | { readonly type: 'announced'; readonly leader: string }
  /** It gives the lock away, and goes on until all have moved; or it is gone. */
  | { readonly type: 'leaving'; readonly leader: string }
  | { readonly type: 'gone'; readonly leader: string }
  /** Nothing was heard of the leader for a while. */
  | { readonly type: 'doubt' }
  /** So long has the last question waited. */
  | { readonly type: 'tick' }
  | { readonly type: 'hidden' }
  | { readonly type: 'visible' }
  /** Somebody looks at another tab. */
  | { readonly type: 'otherVisible' }

export type ElectionEffect =
  /** Behind all who wait for the lock already. */
  | 'queue'
  | 'requeue'
  /** From whoever has it. */
  | 'steal'
  | 'release'
  | 'ask'
  /** Sockets that wait are dialled by this tab itself. */
  | 'alone'
  | 'follow'
  /** What the leader had of ours is lost. */
  | 'lose'
  | 'lead'
  /** Others move while it goes on; at once. */
  | 'resign'
  | 'drop'
  /** Another one says that it leads: does the lock say so, too? */
  | 'verify'
  | 'tellVisible'

type Step = readonly [ElectionState, readonly ElectionEffect[]]

/** Unanswered questions before the lock is taken: somebody is looked at, and comes first. */
const PATIENCE = 2
const HIDDEN_PATIENCE = 4

export const OUT: ElectionState = { role: 'out', isHidden: false }

export function next(state: ElectionState, input: ElectionInput): Step {
  if (input.type === 'hidden' || input.type === 'visible') return look(state, input.type === 'hidden')
  switch (state.role) {
    case 'out':
      return out(state, input)
    case 'candidate':
      return candidate(state, input)
    case 'follower':
      return follower(state, input)
    case 'leader':
      return leader(state, input)
  }
}

const stay = (state: ElectionState, ...effects: readonly ElectionEffect[]): Step => [state, effects]

function look(state: ElectionState, isHidden: boolean): Step {
  // Whoever was frozen meanwhile has not heard what was announced.
  if (!isHidden && state.role === 'follower') return doubt({ ...state, isHidden }, 'tellVisible')
  const seen = { ...state, isHidden }
  return !isHidden && state.role === 'candidate' ? stay(seen, 'tellVisible') : stay(seen)
}

function out(state: ElectionState, { type }: ElectionInput): Step {
  if (type === 'join') return [candidateOf(state), ['queue', 'ask']]
  return type === 'granted' ? stay(state, 'release') : stay(state)
}

const candidateOf = ({ isHidden }: Common): ElectionState => ({ role: 'candidate', isHidden, asked: 1 })
const outOf = ({ isHidden }: Common): ElectionState => ({ role: 'out', isHidden })

function candidate(state: Candidate, input: ElectionInput): Step {
  switch (input.type) {
    case 'leave':
    case 'sleep':
      return [outOf(state), ['release']]
    case 'granted':
      return [{ role: 'leader', isHidden: state.isHidden }, ['lead']]
    case 'answer':
      return [{ ...state, role: 'follower', leader: input.leader, asked: 0 }, ['follow']]
    case 'announced':
    case 'gone':
    case 'leaving':
      return [candidateOf(state), ['ask']]
    case 'tick':
      return isOutOfPatience(state)
        ? [candidateOf(state), ['steal', 'ask']]
        : [{ ...state, asked: state.asked + 1 }, ['ask', 'alone']]
    case 'otherVisible':
      return state.isHidden ? stay(state, 'requeue') : stay(state)
    default:
      return stay(state)
  }
}

const isOutOfPatience = ({ isHidden, asked }: { readonly isHidden: boolean; readonly asked: number }) =>
  asked >= (isHidden ? HIDDEN_PATIENCE : PATIENCE)

function doubt(state: Follower, ...effects: readonly ElectionEffect[]): Step {
  return state.asked > 0 ? stay(state, ...effects) : [{ ...state, asked: 1 }, [...effects, 'ask']]
}

function follower(state: Follower, input: ElectionInput): Step {
  switch (input.type) {
    case 'leave':
      return [outOf(state), ['release']]
    case 'sleep':
      return [outOf(state), ['lose', 'release']]
    case 'granted':
      // It had the lock for as long as it lived.
      return [{ role: 'leader', isHidden: state.isHidden }, ['lose', 'lead']]
    case 'answer':
      return answered(state, input.leader)
    case 'announced':
      return input.leader === state.leader ? stay(state) : [candidateOf(state), ['lose', 'ask']]
    case 'gone':
      return input.leader === state.leader ? [candidateOf(state), ['lose', 'ask']] : stay(state)
    case 'leaving':
      return input.leader === state.leader ? [candidateOf(state), ['ask']] : stay(state)
    case 'doubt':
      return doubt(state)
    case 'tick':
      return unanswered(state)
    case 'otherVisible':
      return state.isHidden ? stay(state, 'requeue') : stay(state)
    default:
      return stay(state)
  }
}

function answered(state: Follower, leader: string): Step {
  const following = { ...state, leader, asked: 0 }
  return leader === state.leader ? stay(following) : [following, ['lose', 'follow']]
}

function unanswered(state: Follower): Step {
  if (state.asked === 0) return stay(state)
  return isOutOfPatience(state)
    ? [candidateOf(state), ['lose', 'steal', 'ask']]
    : [{ ...state, asked: state.asked + 1 }, ['ask']]
}

function leader(state: ElectionState, { type }: ElectionInput): Step {
  switch (type) {
    case 'leave':
      return [outOf(state), ['resign']]
    case 'sleep':
      return [outOf(state), ['drop', 'release']]
    case 'stolen':
      return [candidateOf(state), ['drop', 'queue', 'ask']]
    case 'announced':
    case 'answer':
      return stay(state, 'verify')
    default:
      return stay(state)
  }
}
