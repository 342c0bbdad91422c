/**
 * What definitions return, by names of our own. Inferred, the declarations of the package would name TanStack's internal
 * package, and the bundler would copy its types: another QueryClient, other tags of keys, nothing assignable to anything.
 */
import type { Besides } from '../cache/meta.ts'
import type {
  DataTag,
  InfiniteData,
  MutationKey,
  UnusedSkipTokenInfiniteOptions,
  UnusedSkipTokenOptions,
  UseMutationOptions,
} from '../tanstack.ts'

interface TaggedKey<Key extends readonly unknown[], Data> {
  readonly queryKey: DataTag<Key, Data, Error>
}

/** For `useQuery`, `useSuspenseQuery`, `useQueries`, `queryClient.query`, …, as TanStack's `queryOptions` returns them. */
export type LiveQueryOptions<Data, Selected = Data, Beside = unknown> = UnusedSkipTokenOptions<
  Data,
  Error,
  Selected,
  readonly unknown[]
> &
  TaggedKey<readonly unknown[], Data> &
  Besides<Beside>

/** For `useInfiniteQuery`, `queryClient.infiniteQuery`, …, as TanStack's `infiniteQueryOptions` returns them. */
export type LiveInfiniteQueryOptions<
  Page,
  PageParam,
  Key extends readonly unknown[] = readonly unknown[],
> = UnusedSkipTokenInfiniteOptions<Page, Error, InfiniteData<Page>, Key, PageParam> &
  TaggedKey<Key, InfiniteData<Page>>

/** For `useMutation`, as TanStack's `mutationOptions` returns them. */
export type LiveMutationOptions<
  Result,
  Variables,
  Context = { readonly clientId: string },
> = UseMutationOptions<Result, Error, Variables, Context> & { readonly mutationKey: MutationKey }
