/** `live.mutation`: a write that is on screen at once, survives reconnects, and is undone by forgetting it. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { LiveError } from '../../transport/errors.ts'
import type { Id } from '../../transport/port.ts'
import { keyName, LIVE_KEY } from '../keys.ts'
import { applyChanges, refresh } from '../live/client.ts'
import { channelSpec } from '../live/definition.ts'
import type { LiveClient } from '../live/state.ts'
import { deliver, refusal, type Send, type SendContext, sendContext } from '../optimistic/deliver.ts'
import {
  type Change,
  isUnsent,
  type OptimisticContext,
  type Row,
  rowBehind,
  type SendStatus,
  statusOf,
} from '../optimistic/pendingMutation.ts'
import { amend, findRow, resign, setPhase } from '../optimistic/pendingMutations.ts'
import { type ChannelMember, leaveChannel } from '../stream/channelHub.ts'
import {
  type Mutation,
  type MutationFunctionContext,
  type MutationOptions,
  mutationOptions,
  type QueryClient,
} from '../tanstack.ts'
import type { LiveMutationOptions } from './queryOptions.ts'
import { clientOf, defineWrite, type LiveCore } from './registry.ts'

export interface MutationDefinitionOptions<P, Variables, Result> {
  readonly params?: StandardSchemaV1<P>
  readonly endpoint?: string | ((params: P) => string)
  readonly channel?: (params: P) => Readonly<Record<string, Id>>
  /** Sends it and returns what the mutation resolves with. Runs once the channel is live, in the order of the calls. */
  readonly request: (variables: Variables, context: SendContext<P, Variables>) => Promise<Result>
  /** What to show until the server has confirmed it; called again whenever `status` changes. Pure. */
  readonly optimistic?: (variables: Variables, context: OptimisticContext<P>) => readonly Change[]
  /** What the reply says about cached data. Applied together with the end of `optimistic`, in one write. */
  readonly settle?: (result: Result, variables: Variables, params: P) => readonly Change[]
  /** Refuses bad input before anything is shown or sent. @throws LiveError */
  readonly validate?: (variables: Variables, params: P) => void
  /**
   * Runs before anything waits for the connection. `true`: it is done, without the server, and resolves with nothing.
   *
   * @throws LiveError for what must not wait
   */
  readonly atOnce?: (variables: Variables, params: P, queryClient: QueryClient) => boolean
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
  /** Whether it failed, or waits and was never on its way: then it can be amended. */
  isUnsent(queryClient: QueryClient, clientId: string): boolean
  /** Changes an unsent one in place: it keeps its client id. */
  amend(queryClient: QueryClient, clientId: string, change: (variables: Variables) => Variables): void
  /** `undefined`: there is none. */
  statusOf(queryClient: QueryClient, clientId: string): SendStatus | undefined
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
      changesOf(defined, variables as Variables, context as OptimisticContext<P>),
  })

  const factory = (params?: P): LiveMutationOptions<Result, Variables, Named> =>
    mutationOptions<Result, Error, Variables, Named>({
      ...common,
      mutationKey: [LIVE_KEY, keyName(core, name), params ?? {}],
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
      const mutation = find(defined, queryClient, clientId)?.mutation
      if (mutation?.state.status === 'error') await mutation.execute(mutation.state.variables)
    },
    discard(queryClient, clientId) {
      const row = find(defined, queryClient, clientId)
      if (row) queryClient.getMutationCache().remove(row.mutation)
    },
    amend(queryClient, clientId, change) {
      const row = find(defined, queryClient, clientId)
      const client = clientOf(core, queryClient)
      if (!client || !row || !isUnsent(row)) return
      amend(client.outbox, row.mutation, change(row.mutation.state.variables as Variables))
    },
    isUnsent(queryClient, clientId) {
      const row = find(defined, queryClient, clientId)
      return row !== undefined && isUnsent(row)
    },
    statusOf(queryClient, clientId) {
      const row = find(defined, queryClient, clientId)
      return row && statusOf(row)
    },
  }
  return Object.assign(factory, controls)
}

function find<P, Variables, Result>(
  { core, name }: Defined<P, Variables, Result>,
  queryClient: QueryClient,
  clientId: string,
): Row | undefined {
  const client = clientOf(core, queryClient)
  return client && findRow(client.outbox, name, clientId)
}

async function run<P, Variables, Result>(
  { core, name, options }: Defined<P, Variables, Result>,
  given: Variables,
  context: MutationFunctionContext,
): Promise<Result> {
  const client = clientOf(core, context.client)
  const params = (context.mutationKey?.[2] ?? {}) as P
  options.validate?.(given, params)
  if (!client) {
    throw new LiveError(
      'misconfigured',
      `"${name}" needs a connected QueryClient; call live.connect(queryClient) or render <LiveProvider>`,
    )
  }
  const row = rowBehind(context.mutationKey)
  if (options.atOnce?.(given, params, context.client)) {
    if (row) row.confirmed = 'sure'
    return undefined as Result
  }
  // It may have been amended since it began.
  const variables = () => (row ? (row.mutation.state.variables as Variables) : given)
  const send = sendFor(client, row)
  const isRepeat = row?.wasTried === true
  if (row) row.wasTried = true
  const spec = channelSpec(params, options)
  const sending = sendContext<P, Variables>(core.port, spec, { params, send })
  const member: ChannelMember = {}
  const channel = client.hub.join(spec, member)
  try {
    const { result, isSure } = await deliver(channel, send, () => options.request(variables(), sending))
    const changes = send.guard() ? [] : (options.settle?.(result, variables(), params) ?? [])
    if (row && changes.length > 0) row.confirmed = 'sure'
    // Else it may have been done long ago, and more may have happened to it since: only a snapshot can tell.
    const isNews = isSure && !isRepeat
    applyChanges(client, changes, isNews)
    for (const change of isNews ? [] : changes) refresh(client, change)
    return result
  } finally {
    leaveChannel(channel, member)
  }
}

function sendFor({ outbox, queryClient }: LiveClient, row: Row | undefined): Send {
  const inDoubt = row?.inDoubt === true
  // Whoever tries it again knows what he does.
  if (row) row.inDoubt = false
  return {
    row,
    queryClient,
    inDoubt,
    clientId: row?.clientId ?? outbox.options.createId(),
    guard: () => refusal(outbox, row),
    sending(isSending) {
      if (row) setPhase(outbox, row, isSending ? 'sending' : 'queued')
    },
    amend(variables) {
      if (row) amend(outbox, row.mutation, variables)
    },
  }
}

/** Kept in the mutation's context. */
type Named = { readonly clientId: string }

function changesOf<P, Variables, Result>(
  { core, name, options }: Defined<P, Variables, Result>,
  variables: Variables,
  context: OptimisticContext<P>,
): readonly Change[] {
  try {
    options.validate?.(variables, context.params)
  } catch {
    // The mutation itself reports it; there is nothing to show for what is never sent.
    return []
  }
  try {
    return options.optimistic?.(variables, context) ?? []
  } catch (cause) {
    const error = new LiveError('misconfigured', `"optimistic" of "${name}" threw: ${cause}`, { cause })
    core.port.report({ type: 'optimistic-error', definition: name, error })
    return []
  }
}

/**
 * For `dehydrate` and the persisters: keeps live mutations that are not done, also those on their way, beside what
 * TanStack keeps (the paused ones). They resume in order once their QueryClient is connected.
 */
export function shouldDehydrateMutation(mutation: Mutation): boolean {
  resign(mutation)
  // An event has said that it is done; only its reply is still to come.
  if (rowBehind(mutation)?.confirmed === 'sure') return false
  const { status, isPaused } = mutation.state
  return (
    isPaused ||
    (mutation.options.mutationKey?.[0] === LIVE_KEY && (status === 'pending' || status === 'error'))
  )
}
