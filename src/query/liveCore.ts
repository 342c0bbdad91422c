/** What `list`, `timeline`, `value` and `mutation` share: the registry of definitions and the engine per QueryClient. */
import { isServer, type QueryClient } from '@tanstack/react-query'
import { LiveError } from '../transport/errors.ts'
import type { LivePort } from '../transport/port.ts'
import type { Definition, Params } from './definition.ts'
import type { Entry, LiveState } from './entry.ts'
import { isFresh, OFFLINE } from './entry.ts'
import { createLiveClient, type LiveClient } from './liveClient.ts'
import type { Op } from './ops.ts'
import type { Change, MutationDefinition } from './outbox.ts'
import { createShare, type Share } from './share.ts'

export interface LiveCore {
  readonly port: LivePort
  readonly share: Share
  define(definition: Definition): void
  defineMutation(definition: MutationDefinition): void
  clientOf(queryClient: QueryClient): LiveClient | undefined
  entryOf(queryClient: QueryClient, queryKey: readonly unknown[]): Entry | undefined
  /** Nothing can have been missed since the data was taken. */
  isFresh(query: object): boolean
  connect(queryClient: QueryClient): () => void
  /** Applies changes to every connected QueryClient, as if an event had said them. */
  apply(changes: readonly Change[]): void
  /** Asks for a new snapshot of the queries of a definition that are in use. */
  refresh(definition: string, params: Params): void
  optimistic(queryClient: QueryClient, queryKey: readonly unknown[]): readonly Op<unknown>[]
  subscribe(queryClient: QueryClient, listener: () => void): () => void
  status(queryClient: QueryClient, queryKey: readonly unknown[]): LiveState
}

const NO_OPS: readonly Op<unknown>[] = []

export function createLiveCore(port: LivePort): LiveCore {
  const definitions = new Map<string, Definition>()
  const mutations = new Map<string, MutationDefinition>()
  const clients = new WeakMap<QueryClient, { client: LiveClient; holders: number }>()
  const connected = new Set<LiveClient>()
  const share = createShare()
  const entries = new WeakMap<object, Entry>()

  function connect(queryClient: QueryClient): () => void {
    const held = clients.get(queryClient)
    if (held) held.holders++
    else {
      const client = createLiveClient(queryClient, port, { definitions, mutations, entries, share })
      clients.set(queryClient, { client, holders: 1 })
      connected.add(client)
    }
    let isHeld = true
    return () => {
      if (isHeld) release(queryClient)
      isHeld = false
    }
  }

  /** In a browser the first use connects, for good; on a server a snapshot is all that a request may cost. */
  function clientOf(queryClient: QueryClient): LiveClient | undefined {
    if (!clients.has(queryClient) && !isServer) connect(queryClient)
    return clients.get(queryClient)?.client
  }

  function release(queryClient: QueryClient): void {
    const held = clients.get(queryClient)
    if (!held || --held.holders > 0) return
    clients.delete(queryClient)
    connected.delete(held.client)
    held.client.stop()
  }

  return {
    port,
    share,
    define: (definition) => register(definitions, definition),
    defineMutation(definition) {
      register(mutations, definition)
      for (const client of connected) client.defineMutation(definition)
    },
    clientOf,
    isFresh(query) {
      const entry = entries.get(query)
      return entry !== undefined && isFresh(entry)
    },
    entryOf: (queryClient, queryKey) => clientOf(queryClient)?.entryFor(queryKey),
    connect,
    apply(changes) {
      for (const client of connected) client.apply(changes)
    },
    refresh(definition, params) {
      for (const client of connected) client.refresh(definition, params)
    },
    optimistic: (queryClient, queryKey) => clientOf(queryClient)?.optimistic(queryKey) ?? NO_OPS,
    subscribe: (queryClient, listener) => clientOf(queryClient)?.subscribe(listener) ?? (() => undefined),
    status: (queryClient, queryKey) => clientOf(queryClient)?.status(queryKey) ?? OFFLINE,
  }
}

function register<T extends { readonly name: string }>(known: Map<string, T>, definition: T): void {
  if (known.has(definition.name)) {
    throw new LiveError(
      'misconfigured',
      `"${definition.name}" is defined twice; each name is a query key, so give one of them another`,
    )
  }
  known.set(definition.name, definition)
}

/** Ops for the data of one definition, for use in mutations. */
export interface Changes<P, Item> {
  insert(params: P, item: Item): Change
  upsert(params: P, item: Item): Change
  patch(params: P, fields: Partial<Item>): Change
  remove(params: P, id: string | number): Change
}

export function changesFor<P, Item>(definition: string): Changes<P, Item> {
  const change = (params: P, op: Op<Item>): Change => ({
    definition,
    params: params as Params,
    op: op as Op<unknown>,
  })
  return {
    insert: (params, item) => change(params, { kind: 'insert', item }),
    upsert: (params, item) => change(params, { kind: 'upsert', item }),
    patch: (params, fields) => change(params, { kind: 'patch', fields }),
    remove: (params, id) => change(params, { kind: 'remove', id }),
  }
}
