/**
 * How far a send has come, as far as this page can tell: one state, moved by `next` only. Pure. Whether it runs, has failed or
 * is done TanStack knows, and what depends on both is asked with both.
 */
import type { Mutation } from '../tanstack.ts'

export interface SendState {
  readonly progress: Progress
  /**
   * Whether an event or a reply has said what it was to do; it shows nothing any more. A guess may be something else: it
   * takes the place of what it is taken for, and proves nothing.
   */
  readonly proof: 'guess' | 'sure' | undefined
}

export type Progress =
  /** Nobody has tried it. */
  | 'fresh'
  /** It was tried, perhaps before a reload, and is not known to have left. */
  | 'waiting'
  | 'sending'
  /** It was on its way: what the server made of it is unknown, and changing it comes too late. */
  | 'lost'
  /** It was on its way on a page that is gone, and how that ended is not known. */
  | 'in-doubt'

export type SendInput =
  /** A run of it begins; whoever tries it again knows what he does. */
  | 'started'
  | 'sending'
  | 'lost'
  | 'failed'
  /** Another page has it in hand, or had: whether it was on its way, this one cannot tell, or it was. */
  | 'elsewhere'
  /** Another page had it in hand, and it was never on its way; or a user wants it sent again, wherever it was. */
  | 'unsent'
  /** Something came that may be what it was to do. */
  | 'guess'
  /** Something came that is. */
  | 'sure'

export type SendStatus = 'queued' | 'sending' | 'sent' | 'failed'

type MutationStatus = Mutation['state']['status']

/** As much of a pending mutation as is asked about. */
interface PendingLike {
  readonly mutation: { readonly state: { readonly status: MutationStatus } }
  readonly state: SendState
}

/** `stored`: what is known of it from before, if anything is. */
export function firstState(
  status: MutationStatus,
  stored: { readonly wasSent: boolean } | undefined,
): SendState {
  let progress: Progress = 'waiting'
  if (status === 'idle') progress = 'fresh'
  else if (status === 'pending' && stored?.wasSent !== false) progress = stored ? 'in-doubt' : 'lost'
  return { progress, proof: undefined }
}

export function next(state: SendState, input: SendInput): SendState {
  let { progress, proof } = state
  if (input === 'sending') progress = input
  else if (input === 'started') progress = wasSent(state) ? 'lost' : 'waiting'
  else if (input === 'elsewhere') progress = 'in-doubt'
  else if (input === 'unsent') progress = 'waiting'
  else if (input === 'guess') proof ??= input
  else if (input === 'sure') proof = input
  else {
    if (progress === 'sending') progress = 'lost'
    // What was only guessed was somebody's words after all, written elsewhere.
    if (input === 'failed' && proof === 'guess') proof = undefined
  }
  return { progress, proof }
}

/** The server may have it. */
export const wasSent = ({ progress }: SendState) => progress !== 'fresh' && progress !== 'waiting'

export function statusOf({ mutation, state }: PendingLike): SendStatus {
  const { status } = mutation.state
  if (status === 'error') return 'failed'
  if (status === 'success') return 'sent'
  return state.progress === 'sending' ? 'sending' : 'queued'
}

/** The server cannot have it: it waits for its first attempt, or has failed. */
export function isUnsent({ mutation, state }: PendingLike): boolean {
  const { status } = mutation.state
  return !state.proof && (status === 'error' || (status !== 'success' && !wasSent(state)))
}

/** Its optimistic ops count. */
export const isShown = ({ mutation, state }: PendingLike) => !state.proof && mutation.state.status !== 'idle'

/** Confirmed although the reply never came (an error): it was sent all the same. */
export const isOver = ({ mutation, state }: PendingLike) =>
  state.proof !== undefined && mutation.state.status !== 'pending'
