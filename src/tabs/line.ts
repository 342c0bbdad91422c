/** One real socket, and the tabs that are connected through it. */
import type { Codec, Environment } from '../transport/index.ts'
import { listOf } from './parcel.ts'
import { closeSocket } from './tabSocket.ts'
import type { Held, Told, Wanted, Written } from './wire.ts'

type Fields = Readonly<Record<string, unknown>>

export interface LinePort {
  readonly tab: string
  readonly tell: (told: Told) => void
  isOpen: boolean
  /** How much was written through it, and when the last of it was. */
  wrote: number
  writtenAt: number
}

export interface Line {
  readonly isShared: boolean
  readonly ports: ReadonlyMap<string, LinePort>
  join(id: string, port: LinePort): void
  write(id: string, written: Written): void
  leave(id: string): void
  bufferedBytes(): number
  end(code: number, reason: string): void
}

export interface LineParts {
  readonly environment: Environment
  readonly codec: Codec
  /** The fields that name channels. */
  readonly keys: readonly string[]
}

export interface LineOptions {
  /** By several tabs. */
  readonly isShared: boolean
  /** `suspects`: tabs one of which may have caused it. */
  readonly onEnd: (ports: readonly string[], suspects: readonly string[]) => void
}

/** A close with one of these may be about a frame that was written within the time before it. Milliseconds. */
const ABOUT_A_FRAME: ReadonlySet<number> = new Set([1002, 1003, 1007, 1009, 1011])
const SUSPICION_MS = 2_500
/** So many frames may wait for their answers at a time; the answer to an older one is told to all. */
const MAX_OWNED = 4_096
const ELSEWHERE = { type: 'closed', code: 1001, reason: 'The tabs have parted' } as const

export function tellLine(
  { ports }: Pick<Line, 'ports'>,
  isMeant: (port: LinePort) => boolean,
  told: Told,
): void {
  for (const port of [...ports.values()]) if (port.isOpen && isMeant(port)) port.tell(told)
}

interface State {
  readonly ports: Map<string, LinePort>
  /** Whose answer it is, by the id of a frame. */
  readonly owners: Map<string, string>
  readonly held: Map<string, { readonly by: Set<string>; readonly what: Held }>
  /** Who waits for a pong, in order. */
  readonly pingers: string[]
  /** Others may come in: credentials, where they are the first message, have been written. */
  isReady: boolean
  /** It answers frames. */
  isReplying: boolean
  /** The latest greeting, with where its channel stands by now. */
  welcome: Fields | undefined
  hasEnded: boolean
}

export function createLine(parts: LineParts, wanted: Wanted, { isShared, onEnd }: LineOptions): Line {
  const { environment, codec, keys } = parts
  const state: State = {
    ports: new Map(),
    owners: new Map(),
    held: new Map(),
    pingers: [],
    isReady: false,
    isReplying: false,
    welcome: undefined,
    hasEnded: false,
  }
  const { ports, owners, held, pingers } = state
  const real = environment.createSocket(wanted.url, wanted.protocols)
  real.binaryType = 'arraybuffer'
  const opener = () => ports.keys().next().value

  function end(code: number, reason: string): void {
    if (state.hasEnded) return
    state.hasEnded = true
    closeSocket(real)
    const now = environment.now()
    const isSuspect = ({ writtenAt }: LinePort) => now - writtenAt < SUSPICION_MS
    const all = [...ports]
    ports.clear()
    const suspects = ABOUT_A_FRAME.has(code) ? all.filter(([, port]) => isSuspect(port)) : []
    onEnd(
      all.map(([id]) => id),
      [...new Set(suspects.map(([, { tab }]) => tab))],
    )
    for (const [, port] of all) {
      const isInnocent = suspects.length > 0 && !isSuspect(port)
      port.tell(isInnocent ? ELSEWHERE : { type: 'closed', code, reason })
    }
  }

  function greet(port: LinePort): void {
    port.isOpen = true
    port.tell({ type: 'opened' })
    if (state.welcome) port.tell({ type: 'frames', frames: [state.welcome] })
  }

  function becomeReady(): void {
    state.isReady = true
    for (const port of [...ports.values()]) if (!port.isOpen) greet(port)
  }

  real.onopen = () => {
    const [first] = ports.values()
    if (!wanted.hasAuthFrame) becomeReady()
    else if (first) greet(first)
  }
  real.onmessage = ({ data }) => {
    const frames = framesIn(codec, data)
    for (const frame of frames) noteFrame(state, frame, keys)
    const meant = frames.map((frame) => ownerOf(state, frame))
    const isForAll = frames.length === 0 || meant.includes(undefined)
    if (isForAll) return tellLine({ ports }, () => true, { type: 'data', data })
    for (const id of new Set(meant)) if (id !== undefined) ports.get(id)?.tell({ type: 'data', data })
  }
  real.onclose = ({ code, reason }) => end(code, reason)

  function endHeld(what: Held): void {
    if (state.hasEnded) return
    const timestamp = new Date(environment.wallNow()).toISOString()
    real.send(codec.encode({ type: what.unsubscribe, data: what.key, timestamp, id: environment.createId() }))
  }

  /** False: others still want it, and nothing is to be written. */
  function hold(id: string, what: Held): boolean {
    const entry = held.get(what.name)
    if (!what.isEnd) {
      if (entry) entry.by.add(id)
      else held.set(what.name, { by: new Set([id]), what })
      return true
    }
    entry?.by.delete(id)
    if (entry && entry.by.size > 0) return false
    held.delete(what.name)
    return true
  }

  return {
    isShared,
    ports,
    join(id, port) {
      ports.set(id, port)
      if (state.isReady) greet(port)
    },
    write(id, written) {
      const port = ports.get(id)
      if (!port) return
      port.writtenAt = environment.now()
      // Credentials have been shown once.
      if (port.wrote++ === 0 && wanted.hasAuthFrame && state.isReady) return
      const [what] = written.held
      const isWritten = written.held.map((one) => hold(id, one)).every(Boolean)
      if (!isWritten && what) return answerEnd(state, port, written)
      for (const frame of written.ids) owners.set(frame, id)
      for (const frame of owners.keys()) {
        if (owners.size <= MAX_OWNED) break
        owners.delete(frame)
      }
      if (written.isPing) pingers.push(id)
      real.send(written.data)
      if (!state.isReady) becomeReady()
    },
    leave(id) {
      const isOpener = id === opener()
      if (!ports.delete(id) || state.hasEnded) return
      for (const [name, { by, what }] of held) {
        if (!by.delete(id) || by.size > 0) continue
        held.delete(name)
        if (ports.size > 0) endHeld(what)
      }
      if (ports.size === 0 || (isOpener && !state.isReady)) end(ELSEWHERE.code, ELSEWHERE.reason)
    },
    bufferedBytes: () => real.bufferedAmount,
    end,
  }
}

function framesIn(codec: Codec, data: unknown): readonly Fields[] {
  try {
    return listOf(codec.decode(data))
  } catch {
    // Each tab says so itself.
    return []
  }
}

/** Nobody else but the tab that asked; `undefined`: all. */
function ownerOf({ owners, pingers }: State, { type, id, reply_to }: Fields): string | undefined {
  if (type === 'pong') return pingers.shift()
  if (type !== 'response' && type !== 'error') return undefined
  const name = String(reply_to ?? id)
  const owner = owners.get(name)
  owners.delete(name)
  return owner
}

/** Whoever comes later is greeted as if it had come then, except for where the channel stands. */
function noteFrame(state: State, frame: Fields, keys: readonly string[]): void {
  if (frame.type === 'response') state.isReplying = true
  if (frame.type === 'welcome') state.welcome = frame
  const { welcome } = state
  if (!welcome || typeof frame.seq !== 'number') return
  const greeting = Object(welcome.data ?? welcome) as Fields
  const key = keys.find((name) => greeting[name] !== undefined)
  if (key === undefined || String(frame[key]) !== String(greeting[key])) return
  const stands = { ...greeting, seq: frame.seq, epoch: frame.epoch ?? greeting.epoch }
  state.welcome = welcome.data === undefined ? stands : { ...welcome, data: stands }
}

/** The tab's own subscription has ended; where the server would say so, it is said. */
function answerEnd({ isReplying }: State, port: LinePort, { ids }: Written): void {
  if (isReplying)
    port.tell({ type: 'frames', frames: ids.map((id) => ({ type: 'response', reply_to: id, data: {} })) })
}
