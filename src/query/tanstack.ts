/**
 * The one door to TanStack Query below `react/`: another binding replaces this file. Not query-core itself: a second copy of
 * it would be a second `notifyManager`, and types that do not fit.
 */
export {
  type DataTag,
  hashKey,
  type InfiniteData,
  infiniteQueryOptions,
  isServer,
  type Mutation,
  type MutationCache,
  type MutationFunctionContext,
  type MutationKey,
  type MutationOptions,
  mutationOptions,
  notifyManager,
  type Query,
  type QueryCacheNotifyEvent,
  type QueryClient,
  type QueryFunctionContext,
  queryOptions,
  replaceEqualDeep,
  type UnusedSkipTokenInfiniteOptions,
  type UnusedSkipTokenOptions,
  type UseMutationOptions,
} from '@tanstack/react-query'
