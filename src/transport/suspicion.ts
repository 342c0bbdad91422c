/**
 * Finds the one frame that ends every connection it is written to. Frames are told apart by what they say, not by their
 * id: whoever asks again says the same. Pure.
 */
import { LiveError } from './errors.ts'
import { MAX_DEATHS } from './lossPolicy.ts'
import { type Entry, isRepeated, type Outbox, type Outgoing, type Suspicion } from './sendQueue.ts'

/** A socket that ends within this time may have ended of a frame; one that lives on has taken it. Milliseconds. */
export const TRIAL_MS = 2_500
/** For so long what ended three connections is refused without being written. Milliseconds. */
const REFUSED_MS = 60_000

export function createSuspicion(): Suspicion {
  return { suspects: new Set(), blames: new Map(), trial: undefined, isVouched: false }
}

export function nameOf({ name, frame: { type, data } }: Outgoing): string {
  const text = name ?? JSON.stringify(data, (_, value) => (typeof value === 'bigint' ? String(value) : value))
  return `${type} ${text}`
}

/** A connection ended by itself. Returns how many a frame has ended alone, 0 if it was not alone; `undefined`: no frame. */
export function accuse(
  outbox: Outbox,
  { link, now, code }: { readonly link: Entry['link']; readonly now: number; readonly code: number },
): number | undefined {
  const { suspects, blames } = outbox.suspicion
  const isAgain = (entry: Entry) => entry.onAnswer || isRepeated(entry, outbox)
  const flight = [...outbox.unanswered.values()].filter(
    (entry) =>
      entry.link === link &&
      now - entry.writtenAt < TRIAL_MS &&
      (isAgain(entry) || entry.order > outbox.provenOrder),
  )
  for (const entry of flight) if (isAgain(entry)) suspects.add(nameOf(entry))
  const [entry, other] = flight
  if (!entry || other) return entry && 0
  const name = nameOf(entry)
  const deaths = (blames.get(name)?.deaths ?? 0) + 1
  const message = `"${entry.frame.type}" was given up: ${MAX_DEATHS} connections ended right after it (close code ${code})`
  const reason = code === 1009 ? 'too_large' : String(code)
  const error = new LiveError('rejected', message, { reason, maybeDelivered: true })
  blames.set(name, { deaths, at: now, error })
  return deaths
}

/** Why it is not written (again). */
export function refusalOf(
  { suspicion: { blames } }: Outbox,
  item: Outgoing,
  now: number,
): LiveError | undefined {
  const blame = blames.size > 0 ? blames.get(nameOf(item)) : undefined
  return blame && blame.deaths >= MAX_DEATHS && now - blame.at < REFUSED_MS ? blame.error : undefined
}

/** It has arrived and done no harm. */
export function acquit({ suspects, blames }: Suspicion, item: Outgoing): void {
  if (suspects.size + blames.size === 0) return
  const name = nameOf(item)
  suspects.delete(name)
  blames.delete(name)
}

export function isNarrow({ queue, suspicion: { suspects } }: Outbox): boolean {
  // Nobody may want to send it any more.
  if (suspects.size > 0 && ![...queue].some((entry) => suspects.has(nameOf(entry)))) suspects.clear()
  return suspects.size > 0
}

/** A later answer proves only that it was read, and where an answer is due, nobody knows what it does until that comes. */
export function awaitsAnswer({ onAnswer, frame }: Entry, { answered }: Outbox): boolean {
  return onAnswer ? answered.size > 0 : answered.has(frame.type)
}
