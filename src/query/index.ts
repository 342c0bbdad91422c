export type { LivePort, PortClock } from '../transport/port.ts'
export { createLive, type EventsOf, type Live, type PortHolder } from './createLive.ts'
export { type AskOptions, type SnapshotContext, type SnapshotSource, type } from './definition.ts'
export type { SendContext } from './deliver.ts'
export type { LiveState, LiveStatus } from './entryState.ts'
export type { ListOptions } from './list.ts'
export {
  type MutationControls,
  type MutationDefinitionOptions,
  type Named,
  shouldDehydrateMutation,
} from './mutation.ts'
export { insert, type Op, patch, type Reducer, type ReducerContext, reduce, remove, upsert } from './ops.ts'
export type { Change, OptimisticContext, SendStatus } from './outboxRow.ts'
export {
  compareKeys,
  lowerBound,
  newestPages,
  type OrderKey,
  type TimelineData,
  type TimelinePage,
  type TimelinePageParam,
} from './pages.ts'
export type { LiveInfiniteQueryOptions, LiveMutationOptions, LiveQueryOptions } from './queryOptions.ts'
export { LiveProvider, type LiveProviderProps } from './react/LiveProvider.tsx'
export { useLiveStatus } from './react/useLiveStatus.ts'
export { NO_HISTORY } from './snapshot.ts'
export type { TimelineOptions, TimelineWindow } from './timeline.ts'
export type { ValueOptions } from './value.ts'
