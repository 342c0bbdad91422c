/** The sockets of all tabs, in the one that leads: who is connected through which, and who is to hear what comes. */
import type { Codec, Environment } from '../transport/index.ts'
import { createLine, type Line, type LinePort, tellLine } from './line.ts'
import type { Told, Wanted, Written } from './wire.ts'

export interface HubParts {
  readonly environment: Environment
  readonly codec: Codec
  /** The fields that name channels. */
  readonly keys: readonly string[]
}

export interface Hub {
  open(port: string, tab: string, wanted: Wanted, tell: (told: Told) => void): void
  write(port: string, written: Written): void
  close(port: string): void
  /** Whether it knows it. */
  has(port: string): boolean
  isEmpty(): boolean
  bufferedBytes(port: string): number
  /** Everything of one tab, except for this. */
  dropTab(tab: string, spared?: readonly string[]): void
  /** All are to go elsewhere, at their leisure. */
  drain(): void
  /** Who has not followed to the newest one is asked again. */
  tidy(): void
  closeAll(): void
}

/** For so long a tab whose frame may have ended the socket of all has one of its own. Milliseconds. */
const APART_MS = 30_000
const DRAINING = { type: 'draining', data: { retry_after_ms: 0 } }

export function createHub(parts: HubParts): Hub {
  const { environment } = parts
  /** To one address; the last one is the newest. */
  const lines = new Map<string, Line[]>()
  const lineOf = new Map<string, Line>()
  const apart = new Set<string>()
  const drain = (line: Line, isSpared: (port: LinePort) => boolean = () => false) =>
    tellLine(line, (port) => !isSpared(port), { type: 'frames', frames: [DRAINING] })

  function setApart(tabs: readonly string[]): void {
    for (const tab of tabs) apart.add(tab)
    environment.setTimer(() => {
      for (const tab of tabs) apart.delete(tab)
      for (const line of new Set(lineOf.values()))
        drain(line, ({ tab }) => line.isShared || !tabs.includes(tab))
    }, APART_MS)
  }

  function dial(name: string, wanted: Wanted, isShared: boolean): Line {
    const line = createLine(parts, wanted, {
      isShared,
      onEnd(ports, suspects) {
        for (const port of ports) lineOf.delete(port)
        lines.set(
          name,
          (lines.get(name) ?? []).filter((other) => other !== line),
        )
        if (suspects.length > 1) setApart(suspects)
      },
    })
    lines.set(name, [...(lines.get(name) ?? []), line])
    return line
  }

  /** Whoever is on the newest one and dials again, by its end or that of its token, wants a newer one; the others follow. */
  function lineFor(tab: string, wanted: Wanted): Line {
    const isShared = !apart.has(tab)
    const { address, endpoint, protocols, hasAuthFrame } = wanted
    const name = JSON.stringify([address, endpoint, hasAuthFrame, protocols[0], isShared || tab])
    const known = lines.get(name)?.at(-1)
    if (!known) return dial(name, wanted, isShared)
    const isOn = [...known.ports.values()].some((port) => port.tab === tab)
    if (!isOn) return known
    const line = dial(name, wanted, isShared)
    drain(known, (port) => port.tab === tab)
    return line
  }

  return {
    open(port, tab, wanted, tell) {
      const line = lineFor(tab, wanted)
      lineOf.set(port, line)
      line.join(port, { tab, tell, isOpen: false, wrote: 0, writtenAt: Number.NEGATIVE_INFINITY })
    },
    write: (port, written) => lineOf.get(port)?.write(port, written),
    close(port) {
      lineOf.get(port)?.leave(port)
      lineOf.delete(port)
    },
    has: (port) => lineOf.has(port),
    isEmpty: () => lineOf.size === 0,
    bufferedBytes: (port) => lineOf.get(port)?.bufferedBytes() ?? 0,
    dropTab(gone, spared = []) {
      for (const [port, line] of [...lineOf]) {
        if (line.ports.get(port)?.tab !== gone || spared.includes(port)) continue
        line.leave(port)
        lineOf.delete(port)
      }
    },
    drain() {
      for (const line of new Set(lineOf.values())) drain(line)
    },
    tidy() {
      for (const alike of lines.values()) for (const line of alike.slice(0, -1)) drain(line)
    },
    closeAll() {
      for (const line of new Set(lineOf.values())) line.end(1001, 'Another tab has the connection')
    },
  }
}
