/** What `list`, `timeline`, `value` and `mutation` share: the registry of definitions and the engine per QueryClient. */

import { LiveError } from '../../transport/errors.ts'
import type { Id, LivePort } from '../../transport/port.ts'
import { keyName } from '../keys.ts'
import { createLiveClient, setMutationDefaults } from '../live/client.ts'
import type { Definition } from '../live/definition.ts'
import type { Declarations, Listeners, LiveClient } from '../live/records.ts'
import { createAuthors } from '../optimistic/author.ts'
import type { MutationDefinition } from '../optimistic/pendingMutation.ts'
import { environmentManager, type QueryClient } from '../tanstack.ts'

export interface Registry extends Declarations {
  readonly definitions: Map<string, Definition>
  readonly mutations: Map<string, MutationDefinition>
  /** For what is to reach all of them. Each lives as long as its QueryClient, which is not ours to keep. */
  readonly clients: Set<WeakRef<LiveClient>>
  /** There before an engine, and after it. */
  readonly listeners: WeakMap<QueryClient, Listeners>
  /** Grows with each that is made. */
  readonly number: number
  /** What is offered of it. */
  live?: unknown
}

interface Held {
  readonly registry: Registry
  readonly client: LiveClient
  /** Who called `connect`. */
  readonly connectors: Set<object>
  end(): void
}

let made = 0

export function createRegistry(
  port: LivePort,
  {
    scope,
    user,
  }: { readonly scope?: string | undefined; readonly user?: (() => Id | undefined) | undefined },
): Registry {
  return {
    port,
    authors: createAuthors(port, user),
    user,
    scope,
    definitions: new Map(),
    mutations: new Map(),
    clients: new Set(),
    listeners: new WeakMap(),
    number: ++made,
  }
}

const connected = new WeakMap<QueryClient, Set<Held>>()

export function connect(registry: Registry, queryClient: QueryClient): () => void {
  if (!endRivals(registry, queryClient, Infinity)) {
    throw new LiveError(
      'misconfigured',
      'Another live has these names on this QueryClient; give one of them a `scope`, or end the other connect() first',
    )
  }
  const held = heldBy(registry, queryClient) ?? connectHeld(registry, queryClient)
  const connector = {}
  held.connectors.add(connector)
  return () => {
    held.connectors.delete(connector)
    // Not at once: StrictMode, and a provider that is moved, connect again in the same turn.
    queueMicrotask(() => held.connectors.size === 0 && held.end())
  }
}

export function findClient(registry: Registry, queryClient: QueryClient): LiveClient | undefined {
  return heldBy(registry, queryClient)?.client
}

/** Connected to it, and of these names. */
export function registryOf(queryClient: QueryClient, [, name]: readonly unknown[]): Registry | undefined {
  return heldIn(queryClient).find(({ registry }) => registry.definitions.has(String(name)))?.registry
}

export function clientsOf({ clients }: Registry): LiveClient[] {
  return [...clients].flatMap((reference) => {
    const client = reference.deref()
    if (!client) clients.delete(reference)
    return client ?? []
  })
}

export function listenersOf({ listeners }: Registry, queryClient: QueryClient): Listeners {
  const known = listeners.get(queryClient) ?? new Map()
  listeners.set(queryClient, known)
  return known
}

/**
 * In a browser the first use connects, until somebody who has connected on purpose lets go; on a server a snapshot is all
 * that a request may cost. So it is where the names belong to another one, unless that is only used too, and was made
 * earlier: then its module has been evaluated again.
 */
export function clientOf(registry: Registry, queryClient: QueryClient): LiveClient | undefined {
  const known = findClient(registry, queryClient)
  if (known || environmentManager.isServer()) return known
  return endRivals(registry, queryClient, registry.number)
    ? connectHeld(registry, queryClient).client
    : undefined
}

function heldBy(registry: Registry, queryClient: QueryClient): Held | undefined {
  return heldIn(queryClient).find((held) => held.registry === registry)
}

function heldIn(queryClient: QueryClient): Held[] {
  return [...(connected.get(queryClient) ?? [])]
}

function connectHeld(registry: Registry, queryClient: QueryClient): Held {
  const here = connected.get(queryClient) ?? new Set()
  const client = createLiveClient(queryClient, registry, listenersOf(registry, queryClient))
  const reference = new WeakRef(client)
  const held: Held = {
    registry,
    client,
    connectors: new Set(),
    end() {
      if (!here.delete(held)) return
      registry.clients.delete(reference)
      client.stop()
    },
  }
  registry.clients.add(reference)
  connected.set(queryClient, here.add(held))
  return held
}

/**
 * A name is a query key, so only one of those that are connected to a QueryClient may have it. What nobody has connected on
 * purpose gives way to what is `newer`; `false`: something does not.
 */
function endRivals(registry: Registry, queryClient: QueryClient, newer: number): boolean {
  const names = [...registry.definitions.keys(), ...registry.mutations.keys()]
  const rivals = heldIn(queryClient).filter(
    ({ registry: other }) =>
      other !== registry && names.some((name) => other.definitions.has(name) || other.mutations.has(name)),
  )
  const isFree = rivals.every(
    ({ connectors, registry: { number } }) => connectors.size === 0 && number < newer,
  )
  if (isFree) for (const { end } of rivals) end()
  return isFree
}

export function registerQuery(registry: Registry, definition: Definition): Definition {
  register(registry, registry.definitions, definition)
  return definition
}

export function registerMutation(registry: Registry, definition: MutationDefinition): void {
  register(registry, registry.mutations, definition)
  for (const client of clientsOf(registry)) {
    setMutationDefaults(client, definition)
    client.outbox?.look()
  }
}

function register<T extends { readonly name: string }>(
  registry: Registry,
  known: Map<string, T>,
  definition: T,
): void {
  const key = keyName(registry, definition.name)
  if (known.has(key)) {
    throw new LiveError(
      'misconfigured',
      `"${definition.name}" is defined twice; give one of them another name`,
    )
  }
  known.set(key, definition)
}
