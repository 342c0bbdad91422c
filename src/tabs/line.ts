/** One real socket, and the tabs that are connected through it. */
import type { Codec, Environment, Socket } from '../transport/index.ts'
import { textOf } from '../transport/protocol.ts'
import { listOf } from './parcel.ts'
import { closeSocket } from './tabSocket.ts'
import type { Held, Told, Wanted, Written } from './wire.ts'

type Fields = Readonly<Record<string, unknown>>

export interface LinePort {
  readonly tab: string
  readonly tell: (told: Told) => void
  isOpen: boolean
  hasWritten: boolean
  writtenAt: number
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

export interface Line extends LineParts, LineOptions {
  readonly wanted: Wanted
  readonly real: Socket
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

/** A close with one of these may be about a frame that was written within the time before it. Milliseconds. */
const ABOUT_A_FRAME: ReadonlySet<number> = new Set([1002, 1003, 1007, 1009, 1011])
const SUSPICION_MS = 2_500
/** So many frames may wait for their answers at a time; the answer to an older one is told to all. */
const MAX_OWNED = 4_096
const ELSEWHERE = { type: 'closed', code: 1001, reason: 'It was the socket of another tab' } as const

export function dialLine(parts: LineParts, wanted: Wanted, options: LineOptions): Line {
  const { environment, codec, keys } = parts
  const real = environment.createSocket(wanted.url, wanted.protocols)
  real.binaryType = 'arraybuffer'
  const line: Line = {
    environment,
    codec,
    keys,
    ...options,
    wanted,
    real,
    ports: new Map(),
    owners: new Map(),
    held: new Map(),
    pingers: [],
    isReady: false,
    isReplying: false,
    welcome: undefined,
    hasEnded: false,
  }
  real.onopen = () => {
    const [first] = line.ports.values()
    if (!wanted.hasAuthFrame) becomeReady(line)
    else if (first) greet(line, first)
  }
  real.onmessage = ({ data }) => receive(line, data)
  real.onclose = ({ code, reason }) => endLine(line, code, reason)
  return line
}

export function joinLine(line: Line, id: string, port: Pick<LinePort, 'tab' | 'tell'>): void {
  const joined = { ...port, isOpen: false, hasWritten: false, writtenAt: Number.NEGATIVE_INFINITY }
  line.ports.set(id, joined)
  if (line.isReady) greet(line, joined)
}

export function tellLine(
  { ports }: Line,
  told: Told,
  isMeant: (port: LinePort) => boolean = () => true,
): void {
  for (const port of [...ports.values()]) if (port.isOpen && isMeant(port)) port.tell(told)
}

/** Whoever comes later is greeted all the same. */
function greet({ welcome }: Line, port: LinePort): void {
  port.isOpen = true
  port.tell({ type: 'opened' })
  if (welcome) port.tell({ type: 'frames', frames: [welcome] })
}

function becomeReady(line: Line): void {
  line.isReady = true
  for (const port of [...line.ports.values()]) if (!port.isOpen) greet(line, port)
}

export function writeLine(line: Line, id: string, written: Written): void {
  const { ports, owners, pingers, real, wanted, environment } = line
  const port = ports.get(id)
  if (!port) return
  const isFirst = !port.hasWritten
  Object.assign(port, { hasWritten: true, writtenAt: environment.now() })
  // Credentials have been shown once.
  if (isFirst && wanted.hasAuthFrame && line.isReady) return
  // What others still want is not ended; where the server would answer, it is answered.
  if (written.held.some((what) => !hold(line, id, what))) {
    const frames = written.ids.map((frame) => ({ type: 'response', reply_to: frame, data: {} }))
    if (line.isReplying) port.tell({ type: 'frames', frames })
    return
  }
  for (const frame of written.ids) owners.set(frame, id)
  for (const frame of owners.keys()) {
    if (owners.size <= MAX_OWNED) break
    owners.delete(frame)
  }
  if (written.isPing) pingers.push(id)
  real.send(written.data)
  if (!line.isReady) becomeReady(line)
}

/** False: it is not to be ended. */
function hold({ held }: Line, id: string, what: Held): boolean {
  const { name, isEnd } = what
  const by = held.get(name)?.by ?? new Set()
  if (isEnd) by.delete(id)
  else held.set(name, { by: by.add(id), what })
  if (by.size === 0) held.delete(name)
  return !isEnd || by.size === 0
}

export function leaveLine(line: Line, id: string): void {
  const { ports, held, isReady } = line
  const isOpener = id === ports.keys().next().value
  if (!ports.delete(id) || line.hasEnded) return
  if (ports.size === 0 || (isOpener && !isReady)) return endLine(line, ELSEWHERE.code, ELSEWHERE.reason)
  for (const [name, { by, what }] of held) {
    if (!by.delete(id) || by.size > 0) continue
    held.delete(name)
    endHeld(line, what)
  }
}

function endHeld({ real, codec, environment }: Line, { unsubscribe: type, key: data }: Held): void {
  const timestamp = new Date(environment.wallNow()).toISOString()
  real.send(codec.encode({ type, data, timestamp, id: environment.createId() }))
}

export function endLine(line: Line, code: number, reason: string): void {
  if (line.hasEnded) return
  line.hasEnded = true
  closeSocket(line.real)
  const now = line.environment.now()
  const all = [...line.ports]
  line.ports.clear()
  const isSuspect = ({ writtenAt }: LinePort) => now - writtenAt < SUSPICION_MS
  const suspects = ABOUT_A_FRAME.has(code) ? all.map(([, port]) => port).filter(isSuspect) : []
  line.onEnd(
    all.map(([id]) => id),
    [...new Set(suspects.map(({ tab }) => tab))],
  )
  for (const [, port] of all) {
    const isInnocent = suspects.length > 0 && !suspects.includes(port)
    port.tell(isInnocent ? ELSEWHERE : { type: 'closed', code, reason })
  }
}

function receive(line: Line, data: unknown): void {
  const frames = framesIn(line.codec, data)
  for (const frame of frames) note(line, frame)
  const owners = new Set(frames.map((frame) => ownerOf(line, frame)))
  if (owners.size === 0 || owners.has(undefined)) return tellLine(line, { type: 'data', data })
  for (const id of owners) line.ports.get(String(id))?.tell({ type: 'data', data })
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
function ownerOf({ owners, pingers }: Line, { type, id, reply_to }: Fields): string | undefined {
  if (type === 'pong') return pingers.shift()
  if (type !== 'response' && type !== 'error') return undefined
  const frame = (reply_to ?? id) as string
  const owner = owners.get(frame)
  owners.delete(frame)
  return owner
}

/** Where the channel of a greeting stands is to be true whenever somebody is greeted. */
function note(line: Line, frame: Fields): void {
  const { type, seq, epoch } = frame
  if (type === 'response') line.isReplying = true
  if (type === 'welcome') line.welcome = frame
  const { welcome } = line
  if (!welcome || welcome === frame || typeof seq !== 'number') return
  const fields: Fields = Object(welcome.data ?? welcome)
  const key = line.keys.find((name) => textOf(fields[name]))
  if (key === undefined || textOf(frame[key]) !== textOf(fields[key])) return
  const stands = { ...fields, seq, epoch: epoch ?? fields.epoch }
  line.welcome = welcome.data === undefined ? stands : { ...welcome, data: stands }
}
