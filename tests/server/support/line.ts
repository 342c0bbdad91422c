/** The network between a client and the kit, in virtual time: slow, cut off, and with events that get lost on the way. */
import type { AcceptedSocket, ServerRequest, ServerSocket } from '../../../src/server/socket.ts'
import { createFakeSocket, type FakeSocket } from '../../../src/testing/fakeSocket.ts'
import type { Random } from '../../../src/testing/server/random.ts'
import type { VirtualClock } from '../../../src/testing/virtualClock.ts'
import type { Environment, EnvironmentSignal } from '../../../src/transport/environment.ts'

export interface LineOptions {
  readonly clock: VirtualClock
  readonly random: Random
  accept(socket: ServerSocket, request: ServerRequest): AcceptedSocket
}

interface Link {
  readonly socket: FakeSocket
  accepted: AcceptedSocket | undefined
  isOpen: boolean
  isDeaf: boolean
  /** When the last of each direction arrives: a socket keeps its order. */
  lastUp: number
  lastDown: number
}

interface Net extends LineOptions {
  readonly links: Set<Link>
  isUp: boolean
  isCalm: boolean
}

const ODDS = { lost: 0.05, doubled: 0.05, late: 0.08 }
const MAX_LATENCY_MS = 20
const LATE_MS = 60

export function createLine(options: LineOptions) {
  const { clock, random } = options
  const net: Net = { ...options, links: new Set(), isUp: true, isCalm: false }
  const listeners = new Set<(signal: EnvironmentSignal) => void>()
  const environment: Environment = {
    ...clock,
    random,
    createSocket: (url, protocols) => {
      const socket = createFakeSocket(url, protocols)
      clock.setTimer(() => open(net, socket), latency(net))
      return socket
    },
    defer: (callback) => clock.setTimer(callback, 0),
    isOver: () => false,
    isOnline: () => true,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
  return {
    environment,
    disconnect: () => {
      net.isUp = false
      for (const link of net.links) {
        cut(net, link)
        link.socket.drop(1006)
        link.accepted?.closed()
      }
    },
    connect: () => {
      if (net.isUp) return
      net.isUp = true
      for (const listener of [...listeners]) listener('online')
    },
    /** The server goes on as if it sent events, until it is asked for them again. */
    deafen: () => {
      for (const link of net.links) link.isDeaf = true
    },
    calm: () => {
      net.isCalm = true
    },
  }
}

const latency = ({ random }: Net) => 1 + Math.floor(random() * MAX_LATENCY_MS)
const fault = ({ isCalm, random }: Net, odds: number) => !isCalm && random() < odds

function cut({ links }: Net, link: Link): void {
  link.isOpen = false
  links.delete(link)
}

function open(net: Net, socket: FakeSocket): void {
  if (socket.readyState !== 0) return
  if (!net.isUp) return socket.drop(1006)
  const link: Link = { socket, accepted: undefined, isOpen: true, isDeaf: false, lastUp: 0, lastDown: 0 }
  net.links.add(link)
  socket.onClientMessage = (data) => up(net, link, String(data))
  socket.onClientClose = () => {
    cut(net, link)
    link.accepted?.closed()
  }
  socket.accept()
  link.accepted = net.accept(
    {
      send: (text) => down(net, link, text),
      close: (code, reason) => {
        arrive(net, link, { at: link.lastDown, run: () => socket.drop(code, reason) })
      },
    },
    { url: socket.url, headers: new Headers() },
  )
}

function arrive(
  { clock }: Net,
  link: Link,
  { at, run }: { readonly at: number; readonly run: () => void },
): void {
  clock.setTimer(() => {
    if (link.isOpen) run()
  }, at - clock.now())
}

const ASKS_FOR_EVENTS = /"type":"(sync|subscribe_room)"/

function up(net: Net, link: Link, text: string): void {
  link.lastUp = Math.max(link.lastUp, net.clock.now() + latency(net))
  const run = () => {
    if (ASKS_FOR_EVENTS.test(text)) link.isDeaf = false
    link.accepted?.receive(text)
  }
  arrive(net, link, { at: link.lastUp, run })
}

/** The kit puts the number first. */
const isEvent = (text: string) => /^\[?\{"seq":/.test(text)

function down(net: Net, link: Link, text: string): void {
  const run = () => link.socket.receive(text)
  const now = net.clock.now()
  if (isEvent(text)) {
    if (link.isDeaf || fault(net, ODDS.lost)) return
    if (fault(net, ODDS.doubled)) arrive(net, link, { at: now + net.random() * LATE_MS, run })
    if (fault(net, ODDS.late)) return arrive(net, link, { at: now + net.random() * LATE_MS, run })
  }
  link.lastDown = Math.max(link.lastDown, now + latency(net))
  arrive(net, link, { at: link.lastDown, run })
}
