/** What a mutation's `request` has in hand: how to ask and send, as who, and for how long. */
import type { ChannelSpec, Delivery, LivePort, PortRequestOptions } from '../../transport/port.ts'
import type { QueryClient } from '../tanstack.ts'
import type { Send } from './deliver.ts'

/** How a request is made; see `LivePort.request`. */
export type AskOptions = Pick<PortRequestOptions, 'idempotent' | 'onRead'>

export interface SendContext<P, Variables = unknown> {
  readonly params: P
  readonly clientId: string
  readonly queryClient: QueryClient
  /** Resolves with the reply. Sent again, with the same data, when the connection is lost before it comes. */
  readonly request: (type: string, data: unknown, how?: AskOptions) => Promise<unknown>
  /** For servers that do not reply. Resolves when written. */
  readonly send: (type: string, data: unknown, delivery?: Delivery) => Promise<void>
  /** Goes on with these variables: they are kept across a reload, shown, and what `settle` gets. */
  readonly amend: (variables: Variables) => void
  /** It was being sent when the page was left; a server that does not know it again may do it twice. */
  readonly inDoubt: boolean
  /** Aborted when it is discarded; what is asked by `request` ends with it. */
  readonly signal: AbortSignal | undefined
  /** An event has said already what this was to do. */
  readonly isConfirmed: () => boolean
}

export function sendContext<P, Variables>(
  port: LivePort,
  { endpoint }: ChannelSpec,
  { params, send }: { readonly params: P; readonly send: Send },
): SendContext<P, Variables> {
  const { pending, clientId, guard, queryClient, progress, amend } = send
  const signal = pending?.abort.signal
  return {
    params,
    clientId,
    queryClient,
    inDoubt: progress === 'in-doubt',
    amend,
    isConfirmed: () => pending?.state.proof === 'sure',
    signal,
    request: (type, data, how) =>
      port.request(type, data, { endpoint, signal, guard, idempotent: true, ...how }),
    send: (type, data, delivery) => port.send(type, data, { endpoint, delivery, guard }),
  }
}
