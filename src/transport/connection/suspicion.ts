/**
 * Finds the one frame that ends every connection it is written to. Frames are told apart by what they say, not by their
 * id: whoever asks again says the same. Pure.
 */
import { LiveError } from '../errors.ts'
import { MAX_DEATHS } from '../machine/lossPolicy.ts'
import { isRepeated, type QueuedFrame, type SendQueue } from './sendQueue.ts'

/** A socket that ends within this time may have ended of a frame; one that lives on has taken it. Milliseconds. */
export const TRIAL_MS = 2_500
/** For so long what ended three connections is refused without being written. Milliseconds. */
const REFUSED_MS = 60_000

function contentOf({ name, frame }: QueuedFrame): string {
  try {
    return frame.type + (name ?? JSON.stringify(frame.data))
  } catch {
    // No JSON, but another codec may have written it.
    return frame.id
  }
}

/** A connection ended by itself. Returns how many a frame has ended alone, 0 if it was not alone; `undefined`: no frame. */
export function accuse(
  sendQueue: SendQueue,
  {
    socket,
    now,
    code,
  }: { readonly socket: QueuedFrame['socket']; readonly now: number; readonly code: number },
): number | undefined {
  const { blames, unanswered, provenOrder } = sendQueue
  const flight = [...unanswered.values()].filter((queued) => {
    const isAgain = queued.onAnswer || isRepeated(queued, sendQueue)
    return (
      queued.socket === socket && now - queued.writtenAt < TRIAL_MS && (isAgain || queued.order > provenOrder)
    )
  })
  let deaths: number | undefined
  for (const queued of flight) {
    const content = contentOf(queued)
    deaths = (blames.get(content)?.deaths ?? 0) + (flight.length > 1 ? 0 : 1)
    blames.set(content, { deaths, at: now, code })
  }
  return flight.length > 1 ? 0 : deaths
}

/** Why it is not written (again). */
export function refusalOf({ blames }: SendQueue, queued: QueuedFrame, now: number): LiveError | undefined {
  const blame = blames.size > 0 ? blames.get(contentOf(queued)) : undefined
  if (!blame || blame.deaths < MAX_DEATHS || now - blame.at >= REFUSED_MS) return undefined
  const { code } = blame
  return new LiveError('rejected', `"${queued.frame.type}" ended ${MAX_DEATHS} connections (${code})`, {
    reason: code === 1009 ? 'too_large' : `${code}`,
    retryAfterMs: REFUSED_MS,
    maybeDelivered: true,
  })
}

/** Closes with these are about a frame, and by no chance. */
const ABOUT_A_FRAME: ReadonlySet<number> = new Set([1002, 1003, 1007, 1009])

/**
 * One more, and it is given up: `unexplained`, where the connections may have ended of anything else, at just these moments.
 */
export function lastChance(
  { blames }: SendQueue,
  queued: QueuedFrame,
): 'explained' | 'unexplained' | undefined {
  const blame = blames.get(contentOf(queued))
  if (!blame || blame.deaths < MAX_DEATHS - 1) return undefined
  return ABOUT_A_FRAME.has(blame.code) ? 'explained' : 'unexplained'
}

/** It has arrived and done no harm. */
export function acquit({ blames }: SendQueue, queued: QueuedFrame): void {
  if (blames.size > 0) blames.delete(contentOf(queued))
}

/** Something that waits was on its way when a connection ended. */
export function isNarrow({ waiting, blames }: SendQueue): boolean {
  return blames.size > 0 && [...waiting].some((queued) => blames.has(contentOf(queued)))
}

/** A later answer proves only that it was read, and where an answer is due, nobody knows what it does until that comes. */
export function awaitsAnswer({ onAnswer, frame }: QueuedFrame, { answered }: SendQueue): boolean {
  return onAnswer ? answered.size > 0 : answered.has(frame.type)
}
