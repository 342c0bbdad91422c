/** Other options than ours on a live query: by a hook, by defaults, by a collection of TanStack DB. */
import { createCollection } from '@tanstack/db'
import { queryCollectionOptions } from '@tanstack/query-db-collection'
import { QueryClientProvider, QueryObserver, useInfiniteQuery } from '@tanstack/react-query'
import { act, cleanup, render } from '@testing-library/react'
import { afterEach, describe, expect, it } from 'vitest'
import { history, message, range, textsOf } from './support/room.ts'
import { openTab, quiet, ROOM, type Tab } from './support/tab.ts'

const cleanups: (() => void)[] = []
afterEach(() => {
  cleanup()
  for (const end of cleanups.splice(0).reverse()) end()
})

function open() {
  const tab = openTab()
  cleanups.push(tab.close)
  return tab
}

const warnings = ({ fake }: Tab) =>
  fake.reports.flatMap((report) => {
    const { error } = report as { error?: Error }
    return error?.message.includes('structuralSharing') ? [error.message] : []
  })

async function answerAll(tab: Tab, body: unknown) {
  await quiet(tab)
  tab.answer(body)
  await quiet(tab)
}

const OTHERS = [false, true, (_before: unknown, next: unknown) => structuredClone(next)] as const

describe('[Q36] another structuralSharing', () => {
  it.each(OTHERS)(
    'of a hook, %o, loses nothing while a page is loaded, and is reported once',
    async (other) => {
      const tab = open()
      let fetchOlder = () => {}
      let texts: readonly string[] = []
      function Messages({ count }: { readonly count: number }) {
        const options = { ...tab.room.messages(ROOM), structuralSharing: other }
        const { data, fetchNextPage } = useInfiniteQuery(options)
        fetchOlder = () => void fetchNextPage()
        texts = textsOf(data)
        return <p>{count}</p>
      }
      const page = (count: number) => (
        <QueryClientProvider client={tab.queryClient}>
          <Messages count={count} />
        </QueryClientProvider>
      )
      const { rerender } = render(page(0))
      tab.fake.live()
      await act(() => answerAll(tab, history(range(4, 6))))
      await act(async () => fetchOlder())
      for (const id of [7, 8]) {
        tab.fake.emit({ type: 'created', payload: message(id) })
        await act(() => quiet(tab))
        // Whoever renders sets its options on the query again.
        rerender(page(id))
      }
      await act(() => answerAll(tab, history(range(1, 3), { has_older: false })))
      expect(texts).toEqual(range(1, 8).map(({ text }) => text))
      expect(tab.fake.requests).toEqual([])
      expect(warnings(tab)).toEqual([
        '"messages" was given another structuralSharing and keeps its own; leave the option out',
      ])
    },
  )

  it.each(OTHERS)(
    'of defaults, %o, is not taken by whoever names none, and costs no request',
    async (other) => {
      const tab = open()
      const { queryKey } = tab.room.members(ROOM)
      tab.queryClient.setQueryDefaults(['live'], { structuralSharing: other })
      const observer = new QueryObserver(tab.queryClient, tab.room.members(ROOM))
      cleanups.push(observer.subscribe(() => undefined))
      tab.fake.live()
      await answerAll(tab, { members: [{ id: 'u', name: 'U' }] })
      expect(warnings(tab)).toEqual([])
      const adHoc = new QueryObserver(tab.queryClient, { queryKey, staleTime: Number.POSITIVE_INFINITY })
      cleanups.push(adHoc.subscribe(() => undefined))
      for (const id of ['v', 'w']) {
        tab.fake.emit({ type: 'joined', payload: { id, name: id } })
        await quiet(tab)
      }
      expect(adHoc.getCurrentResult().data).toHaveLength(3)
      expect(tab.fake.requests).toEqual([])
      expect(warnings(tab)).toHaveLength(1)
    },
  )

  it('of a collection of TanStack DB, which sets one, is reported, and the collection is live', async () => {
    const tab = open()
    const { queryKey, queryFn } = tab.room.members(ROOM)
    const members = createCollection(
      queryCollectionOptions({
        queryKey: [...queryKey],
        queryFn: queryFn as () => Promise<{ id: string; name: string }[]>,
        queryClient: tab.queryClient,
        getKey: ({ id }) => id,
      }),
    )
    cleanups.push(() => void members.cleanup())
    void members.preload()
    await quiet(tab)
    tab.fake.live()
    await answerAll(tab, { members: [{ id: 'u', name: 'U' }] })
    tab.fake.emit({ type: 'joined', payload: { id: 'v', name: 'V' } })
    await quiet(tab)
    tab.fake.emit({ type: 'left', payload: { id: 'u' } }, { type: 'joined', payload: { id: 'v', name: 'W' } })
    await quiet(tab)
    expect(members.toArray.map(({ id, name }) => ({ id, name }))).toEqual([{ id: 'v', name: 'W' }])
    expect(tab.fake.requests).toEqual([])
    expect(warnings(tab)).toHaveLength(1)
  })
})
