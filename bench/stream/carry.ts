/** The clients that bring events from the socket to the application. */
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client'
import { Centrifuge } from 'centrifuge'
import { createClient } from 'graphql-ws'
import { Socket as PhoenixSocket } from 'phoenix'
import { io } from 'socket.io-client'
import type { Event } from './events.ts'
import type { Carry } from './subjects.ts'

/** A bare socket. `check`: what is done to each event before it is taken. */
export const carryPlain =
  (check: (event: Event) => Event = (event) => event): Carry =>
  (url, onEvent) => {
    const socket = new WebSocket(url('plain'))
    socket.onopen = () => socket.send('{"type":"start"}')
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data) as Event | readonly Event[]
      if (!Array.isArray(message)) return onEvent(check(message as Event))
      for (const event of message as readonly Event[]) onEvent(check(event))
    }
    return () => socket.close()
  }

export const carrySocketIo: Carry = (url, onEvent) => {
  const { origin, search } = new URL(url('socket.io').replace('ws:', 'http:'))
  const query = Object.fromEntries(new URLSearchParams(search))
  const socket = io(origin, { transports: ['websocket'], forceNew: true, query })
  socket.on('connect', () => socket.emit('start'))
  socket.on('created', onEvent)
  return () => socket.close()
}

export const carryCentrifuge: Carry = (url, onEvent) => {
  const client = new Centrifuge(url('centrifuge'))
  const subscription = client.newSubscription('room-1')
  subscription.on('publication', ({ data }) => onEvent(data as Event))
  subscription.subscribe()
  client.connect()
  return () => client.disconnect()
}

interface Api {
  readonly events: {
    subscribe(input: undefined, options: { onData(event: Event): void }): { unsubscribe(): void }
  }
}

export const carryTrpc: Carry = (url, onEvent) => {
  const client = createWSClient({ url: url('trpc') })
  const trpc = createTRPCClient<never>({ links: [wsLink({ client })] }) as unknown as Api
  trpc.events.subscribe(undefined, { onData: onEvent })
  return () => void client.close()
}

export const carryGraphql: Carry = (url, onEvent) => {
  const client = createClient({ url: url('graphql'), generateID: () => '1' })
  client.subscribe<{ created: Event }>(
    { query: 'subscription { created }' },
    { next: ({ data }) => data && onEvent(data.created), error: () => undefined, complete: () => undefined },
  )
  return () => void client.dispose()
}

export const carryPhoenix: Carry = (url, onEvent) => {
  const [base, query] = url('phoenix').split('?')
  const socket = new PhoenixSocket(base ?? '', {
    transport: WebSocket,
    params: Object.fromEntries(new URLSearchParams(query)),
  })
  socket.connect()
  const channel = socket.channel('room-1', {})
  channel.on('created', (event: Event) => onEvent(event))
  channel.join().receive('ok', () => channel.push('start', {}))
  return () => socket.disconnect()
}
