/** The sockets of all tabs, in the one that leads: who is connected through which. */
import {
  dialLine,
  endLine,
  joinLine,
  type Line,
  type LineParts,
  type LinePort,
  leaveLine,
  tellLine,
} from './line.ts'
import type { Wanted } from './wire.ts'

export interface Hub extends LineParts {
  /** To one address; the last one is the newest. */
  readonly lines: Map<string, readonly Line[]>
  /** By the socket of a tab. */
  readonly lineOf: Map<string, Line>
  /** Tabs that have a socket of their own, for a while. */
  readonly apart: Set<string>
}

type Opened = Pick<LinePort, 'tab' | 'tell'> & { readonly wanted: Wanted }

/** For so long a tab whose frame may have ended the socket of all has one of its own. Milliseconds. */
const APART_MS = 30_000
const DRAINING = { type: 'frames', frames: [{ type: 'draining', data: { retry_after_ms: 0 } }] } as const

export function createHub({ environment, codec, keys }: LineParts): Hub {
  return { environment, codec, keys, lines: new Map(), lineOf: new Map(), apart: new Set() }
}

export function openPort(hub: Hub, id: string, { wanted, ...port }: Opened): void {
  const line = lineFor(hub, port.tab, wanted)
  hub.lineOf.set(id, line)
  joinLine(line, id, port)
}

export function closePort({ lineOf }: Hub, id: string): void {
  const line = lineOf.get(id)
  lineOf.delete(id)
  if (line) leaveLine(line, id)
}

/** Everything of one tab, except for this. */
export function closePortsOf(hub: Hub, tab: string, spared: readonly string[] = []): void {
  for (const [id, { ports }] of [...hub.lineOf])
    if (ports.get(id)?.tab === tab && !spared.includes(id)) closePort(hub, id)
}

/** Whoever is on the newest one and dials again, by its end or that of its token, wants a newer one; the others follow. */
function lineFor(hub: Hub, tab: string, wanted: Wanted): Line {
  const isShared = !hub.apart.has(tab)
  const { address, endpoint, protocols, hasAuthFrame } = wanted
  const name = JSON.stringify([address, endpoint, hasAuthFrame, protocols[0], isShared || tab])
  const newest = hub.lines.get(name)?.at(-1)
  const isOn = newest && [...newest.ports.values()].some((port) => port.tab === tab)
  if (newest && !isOn) return newest
  const line = dialLine(hub, wanted, {
    isShared,
    onEnd(ports, suspects) {
      for (const id of ports) hub.lineOf.delete(id)
      const others = hub.lines.get(name)?.filter((other) => other !== line) ?? []
      if (others.length > 0) hub.lines.set(name, others)
      else hub.lines.delete(name)
      if (suspects.length > 1) setApart(hub, suspects)
    },
  })
  hub.lines.set(name, [...(hub.lines.get(name) ?? []), line])
  if (newest) tellLine(newest, DRAINING, (port) => port.tab !== tab)
  return line
}

function setApart(hub: Hub, tabs: readonly string[]): void {
  for (const tab of tabs) hub.apart.add(tab)
  hub.environment.setTimer(() => {
    for (const tab of tabs) hub.apart.delete(tab)
    drainHub(hub, ({ isShared }) => !isShared)
  }, APART_MS)
}

/** All who are there are to go elsewhere, at their leisure. */
export function drainHub({ lines }: Hub, isMeant: (line: Line) => boolean = () => true): void {
  for (const line of [...lines.values()].flat()) if (isMeant(line)) tellLine(line, DRAINING)
}

/** Who has not followed to the newest one is asked again. */
export function tidyHub(hub: Hub): void {
  const newest = new Set([...hub.lines.values()].map((alike) => alike.at(-1)))
  drainHub(hub, (line) => !newest.has(line))
}

export function endHub({ lines }: Hub): void {
  for (const line of [...lines.values()].flat()) endLine(line, 1001, 'Another tab has the connection')
}
