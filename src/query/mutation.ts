/** `live.mutation`: a write that is on screen at once, survives reconnects, and is undone by forgetting it. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import {
  type Mutation,
  type MutationFunctionContext,
  type MutationOptions,
  mutationOptions,
  type QueryClient,
} from '@tanstack/react-query'
import { LiveError } from '../transport/errors.ts'
import type { Id } from '../transport/port.ts'
import { type ChannelMember, leave } from './channelHub.ts'
import { channelSpec, LIVE_KEY } from './definition.ts'
import { deliver, refusal, type Send, type SendContext, sendContext } from './deliver.ts'
import { applyChanges, refresh } from './liveClient.ts'
import { clientOf, defineWrite, type LiveCore } from './liveCore.ts'
import { findMutation, resign, setPhase } from './outbox.ts'
import { type Change, type OptimisticContext, rowBehind } from './outboxRow.ts'
import type { LiveMutationOptions } from './queryOptions.ts'

export interface MutationDefinitionOptions<P, Variables, Result> {
  readonly params?: StandardSchemaV1<P>
  readonly endpoint?: string | ((params: P) => string)
  readonly channel?: (params: P) => Readonly<Record<string, Id>>
  /** Sends it and returns what the mutation resolves with. Runs once the channel is live, in the order of the calls. */
  readonly request: (variables: Variables, context: SendContext<P>) => Promise<Result>
  /** What to show until the server has confirmed it; called again whenever `status` changes. Pure. */
  readonly optimistic?: (variables: Variables, context: OptimisticContext<P>) => readonly Change[]
  /** What the reply says about cached data. Applied together with the end of `optimistic`, in one write. */
  readonly settle?: (result: Result, variables: Variables, params: P) => readonly Change[]
  /** Refuses bad input before anything is shown or sent. @throws LiveError */
  readonly validate?: (variables: Variables, params: P) => void
}

/** What a definition offers beside its options. */
export interface MutationControls<P, Variables, Result> {
  /** Starts without a hook, e.g. from an event handler that must not wait. Resolves like `mutateAsync`. */
  start(queryClient: QueryClient, variables: Variables, params?: P): Promise<Result>
  /** Tries a failed one again, under the same client id. */
  retry(queryClient: QueryClient, clientId: string): Promise<void>
  /**
   * Forgets one that failed or waits: what it showed goes with it, and what was not written yet never is. What was
   * written may be done all the same, and then shows like anybody else's.
   */
  discard(queryClient: QueryClient, clientId: string): void
}

/** A definition, where it was made. */
interface Defined<P, Variables, Result> {
  readonly core: LiveCore
  readonly name: string
  readonly options: MutationDefinitionOptions<P, Variables, Result>
}

export function defineMutation<P, Variables, Result>(
  core: LiveCore,
  name: string,
  options: MutationDefinitionOptions<P, Variables, Result>,
) {
  const defined = { core, name, options }
  const common = {
    mutationFn: (variables: Variables, context: MutationFunctionContext) => run(defined, variables, context),
    onMutate: (_variables: Variables, { client, mutationKey }: MutationFunctionContext): Named => {
      // Connected from here on: the outbox must see the mutation.
      clientOf(core, client)
      return { clientId: rowBehind(mutationKey)?.clientId ?? core.port.clock.createId() }
    },
    networkMode: 'always' as const,
    // A failed one that is on screen stays until it is retried or discarded.
    gcTime: Number.POSITIVE_INFINITY,
  }
  defineWrite(core, {
    name,
    options: common as unknown as MutationOptions,
    optimistic: (variables, context) =>
      changesOf(options, variables as Variables, context as OptimisticContext<P>),
  })

  const factory = (params?: P): LiveMutationOptions<Result, Variables, Named> =>
    mutationOptions<Result, Error, Variables, Named>({
      ...common,
      mutationKey: [LIVE_KEY, name, params ?? {}],
    })
  const controls: MutationControls<P, Variables, Result> = {
    start(queryClient, variables, params) {
      // Connected first: the outbox must see the mutation from its beginning.
      clientOf(core, queryClient)
      const mutation = queryClient
        .getMutationCache()
        .build(queryClient, queryClient.defaultMutationOptions(factory(params)))
      return mutation.execute(variables)
    },
    async retry(queryClient, clientId) {
      const mutation = find(defined, queryClient, clientId)
      if (mutation?.state.status === 'error') await mutation.execute(mutation.state.variables)
    },
    discard(queryClient, clientId) {
      const mutation = find(defined, queryClient, clientId)
      if (mutation) queryClient.getMutationCache().remove(mutation)
    },
  }
  return Object.assign(factory, controls)
}

function find<P, Variables, Result>(
  { core, name }: Defined<P, Variables, Result>,
  queryClient: QueryClient,
  clientId: string,
): Mutation | undefined {
  const client = clientOf(core, queryClient)
  return client && findMutation(client.outbox, name, clientId)
}

async function run<P, Variables, Result>(
  { core, name, options }: Defined<P, Variables, Result>,
  variables: Variables,
  context: MutationFunctionContext,
): Promise<Result> {
  const client = clientOf(core, context.client)
  const params = (context.mutationKey?.[2] ?? {}) as P
  options.validate?.(variables, params)
  if (!client) {
    throw new LiveError(
      'misconfigured',
      `"${name}" needs a connected QueryClient; call live.connect(queryClient) or render <LiveProvider>`,
    )
  }
  const row = rowBehind(context.mutationKey)
  const send: Send = {
    row,
    clientId: row?.clientId ?? core.port.clock.createId(),
    guard: () => refusal(client.outbox, row),
    sending(isSending) {
      if (row) setPhase(client.outbox, row, isSending ? 'sending' : 'queued')
    },
  }
  const isRepeat = row?.wasTried === true
  if (row) row.wasTried = true
  const spec = channelSpec(params, options)
  const sending = sendContext(core.port, spec, { params, send })
  const member: ChannelMember = {}
  const channel = client.hub.join(spec, member)
  try {
    const { result, isSure } = await deliver(channel, send, () => options.request(variables, sending))
    const changes = send.guard() ? [] : (options.settle?.(result, variables, params) ?? [])
    if (row && changes.length > 0) row.confirmed ??= {}
    applyChanges(client, changes)
    // It may have been done long ago, and more may have happened to it since: only a snapshot can tell.
    if (isRepeat || !isSure) {
      for (const change of changes) refresh(client, change)
    }
    return result
  } finally {
    leave(channel, member)
  }
}

/** Kept in the mutation's context. */
export interface Named {
  readonly clientId: string
}

function changesOf<P, Variables>(
  options: Pick<MutationDefinitionOptions<P, Variables, never>, 'validate' | 'optimistic'>,
  variables: Variables,
  context: OptimisticContext<P>,
): readonly Change[] {
  try {
    options.validate?.(variables, context.params)
  } catch {
    // The mutation itself reports it; there is nothing to show for what is never sent.
    return []
  }
  return options.optimistic?.(variables, context) ?? []
}

/**
 * For `dehydrate` and the persisters: keeps live mutations that are not done, also those on their way, beside what
 * TanStack keeps (the paused ones). They resume in order once their QueryClient is connected.
 */
export function shouldDehydrateMutation(mutation: Mutation): boolean {
  resign(mutation)
  const { status, isPaused } = mutation.state
  return (
    isPaused ||
    (mutation.options.mutationKey?.[0] === LIVE_KEY && (status === 'pending' || status === 'error'))
  )
}
