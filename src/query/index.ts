export type { LivePort } from '../transport/port.ts'
export { createLive, type EventsOf, type Live, type LiveOptions, type RequestsOf } from './createLive.ts'
export { NO_HISTORY } from './define/answer.ts'
export type { Changes } from './define/changes.ts'
export { type ListOptions, type ListWindow, type LiveList, meta } from './define/list.ts'
export {
  type LiveMutation,
  type MutationDefinitionOptions,
  shouldDehydrateMutation,
} from './define/mutation.ts'
export type { MutationControls } from './define/mutationControls.ts'
export type {
  LiveInfiniteQueryOptions,
  LiveMutationOptions,
  LiveQueryOptions,
} from './define/queryOptions.ts'
export { append, insert, type Piece, patch, reduce, remove, upsert } from './define/reducers.ts'
export type { Mistake } from './define/sound.ts'
export type { LiveTimeline, TimelineOptions, TimelineWindow } from './define/timeline.ts'
export type { LiveValue, ValueOptions } from './define/value.ts'
export { type Entity, type EntityOf, type EntityOptions, entity } from './entity/entity.ts'
export type { Op, Reducer, ReducerContext } from './fold/op.ts'
export {
  compareKeys,
  newestPages,
  type OrderKey,
  type TimelineData,
  type TimelinePage,
  type TimelinePageParam,
} from './fold/timeline/pages.ts'
export { rows } from './fold/timeline/rows.ts'
export { type SnapshotContext, type SnapshotSource, type } from './live/definition.ts'
export type { LiveState, OutboxOptions, OutboxStorage } from './live/records.ts'
export type { LiveStatus } from './live/state.ts'
export type { Ask, AskOptions, Requests, SendContext } from './optimistic/beginSend.ts'
export type { OptimisticContext } from './optimistic/pendingMutation.ts'
export type { SendStatus } from './optimistic/sendState.ts'
export type { AnyChange, Change, EntityPatch } from './optimistic/targetedOp.ts'
export { LiveProvider, type LiveProviderProps } from './react/LiveProvider.tsx'
export { useLiveStatus } from './react/useLiveStatus.ts'
