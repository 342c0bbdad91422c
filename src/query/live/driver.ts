/**
 * Drives the machine of a live query: tells it what the cache, the channel and the pending mutations do, and runs the effects
 * in order. Decides nothing.
 */
import { waitOf } from '../../transport/port.ts'
import { keepSharing, markFinished } from '../cache/structuralSharing.ts'
import { refetch, write } from '../cache/writer.ts'
import { confirmPending } from '../optimistic/pendingMutations.ts'
import { leaveChannel } from '../stream/channelHub.ts'
import { LINGER_MS, linger } from '../stream/linger.ts'
import { replaceEqualDeep } from '../tanstack.ts'
import { positionOf } from './data.ts'
import { channelSpec } from './definition.ts'
import type { Effect, Input } from './inputs.ts'
import { next, PAUSE_MS } from './machine.ts'
import { announce, type LiveQuery, reportFailure } from './records.ts'
import { see, statusOf, type Use, viewOf } from './state.ts'
import { isActive, missedSince, shownIn, usageOf } from './surroundings.ts'

/** What is told while effects run waits for its turn; a function says then what it knows by then. */
export function tell(live: LiveQuery, input: Input | (() => Input)): void {
  // An input is taken out when its effects have run; what they tell comes behind it.
  if (live.inputs.push(input) > 1) return
  for (; live.inputs[0]; live.inputs.shift()) {
    const [each] = live.inputs
    try {
      tellNow(live, typeof each === 'function' ? each() : each)
    } catch (cause) {
      // Whoever else reads the channel is to have its events all the same.
      fail(live, cause)
    }
  }
}

/** For who needs what comes of it. @throws what the application's code does */
export function tellNow(live: LiveQuery, input: Input): void {
  tellHeard(live)
  const effects = step(live, input, usageOf(live))
  // One of them may be heard by code that throws; the state takes all of them for done.
  for (const effect of effects) {
    try {
      perform(live, effect)
    } catch (cause) {
      fail(live, cause)
    }
  }
}

/** That it is to be shown has been asked for; nothing was anticipated when it came. */
function tellHeard(live: LiveQuery): void {
  const { heard, state } = live
  if (heard.length === 0) return
  live.heard = []
  // Events change nothing about who looks.
  step(live, { type: 'heard', ops: heard, anticipated: [] }, state.use)
}

function step(live: LiveQuery, input: Input, use: Use): readonly Effect[] {
  const [state, effects] = next(see(live.state, live.channel, use), input, live.kind)
  live.state = state
  live.follower?.met(input)
  tellStatus(live)
  return effects
}

/** What the application's code was to make of events is lost: only a snapshot can tell. */
export function fail(live: LiveQuery, cause: unknown): void {
  reportFailure(live, cause)
  tell(live, { type: 'doubted' })
}

function perform(live: LiveQuery, effect: Effect): void {
  const { client, query } = live
  switch (effect.type) {
    case 'join':
      try {
        join(live)
      } catch {
        // Its queryFn meets the same, where it is the query's error.
        tell(live, { type: 'refused' })
      }
      break
    case 'leave':
      if (live.channel) leaveChannel(live.channel, live.member, effect.idleMs)
      live.channel = undefined
      stopLingering(live)
      break
    case 'linger':
      client.lingering.set(
        query,
        linger(client.declarations.port.clock, client.lingering, () => leave(live, LINGER_MS)),
      )
      break
    case 'stay':
      stopLingering(live)
      break
    case 'write':
      markFinished(effect.view)
      keepSharing(query, live.definition, client.declarations.port.report)
      write(client.queryClient, query, effect.view)
      break
    case 'schedule':
      for (const each of effect.confirmed) confirmPending(client.pendingMutations, live.target, each)
      client.coalescer.request(live, effect.weight)
      break
    default:
      performAsking(live, effect)
  }
}

type Asking = Extract<Effect, { type: 'refetch' | 'pause' | 'endPause' | 'report' }>

function performAsking(live: LiveQuery, effect: Asking): void {
  const { clock } = live.client.declarations.port
  if (effect.type === 'report') return reportFailure(live, effect.cause)
  if (effect.type === 'refetch') {
    // Whatever the reason: a server that makes every answer doubtful is not asked as fast as it answers.
    // Whoever looked may have gone when he heard of what was written.
    if (!isActive(live.query)) return
    const waitMs = waitOf(live, clock, PAUSE_MS)
    if (waitMs > 0) tell(live, { type: 'tooSoon', waitMs })
    else refetch(live.query)
    return
  }
  live.stopPause?.()
  live.stopPause =
    effect.type === 'pause' ? clock.setTimer(() => tell(live, { type: 'rested' }), effect.ms) : undefined
}

function stopLingering({ client, query }: LiveQuery): void {
  client.lingering.get(query)?.()
  client.lingering.delete(query)
}

/** @throws what the application's code does that names the channel */
export function join(live: LiveQuery): void {
  const { client, definition, params } = live
  if (live.channel) return
  adoptForeign(live)
  const position = positionOf(live.state, live.kind)
  live.channel = client.hub.join(channelSpec(params, definition.options), live.member, position)
  const missed = missedSince(live, position)
  // At once: what is told next, be it that the query is gone, is told of one that has joined.
  tellNow(live, { type: 'joined', channel: viewOf(live.channel), position, missed })
}

/** `idleMs`: for so long nobody has looked. */
export function leave(live: LiveQuery, idleMs?: number): void {
  tell(live, () => {
    if (live.channel) adoptForeign(live)
    return { type: 'left', position: live.channel?.sequencer.cursor, shown: shownIn(live), idleMs }
  })
}

export function adoptForeign(live: LiveQuery): void {
  const { query, kind, state } = live
  const { data: view } = query.state
  if (Object.is(view, state.picture.view)) return
  // The same once more, from another tab or out of storage: asking again would make that tab ask again.
  if (replaceEqualDeep(state.picture.view, view) === state.picture.view) {
    markFinished(view)
    return tellNow(live, { type: 'copied', view })
  }
  const ops = [...state.picture.shown, ...shownIn(live)]
  let data: unknown
  try {
    data = view === undefined ? view : kind.adopt(view, ops)
  } catch (cause) {
    // Code that throws makes it nothing of its kind.
    fail(live, cause)
  }
  const position = data === undefined ? undefined : kind.positionOf(data)
  tellNow(live, { type: 'found', view, data, position, missed: missedSince(live, position) })
}

/** Whenever something that it follows from did; whoever reads it finds the same object until then. */
function tellStatus(live: LiveQuery): void {
  const { client, state } = live
  const status = statusOf(state)
  if (status === live.status.status) return
  live.status = { status, since: client.declarations.port.clock.wallNow() }
  announce(client, live.hash)
}
