/** Caches out of storage and from a server, poured over live data, with TanStack's own packages. */
import {
  type DehydratedState,
  dehydrate,
  HydrationBoundary,
  QueryClientProvider,
  useInfiniteQuery,
} from '@tanstack/react-query'
import {
  type PersistedClient,
  type Persister,
  PersistQueryClientProvider,
  persistQueryClient,
} from '@tanstack/react-query-persist-client'
import { act, cleanup, render, screen } from '@testing-library/react'
import { afterEach, describe, expect, it } from 'vitest'
import { newestPages } from '../../src/query/index.ts'
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

const at = (seq: number) => ({ seq, epoch: 'e' })
const created = (id: number) => ({ type: 'created', payload: message(id), ...at(id) })

async function load(tab: Tab, last = 3) {
  tab.fake.live(false, at(last))
  await quiet(tab)
  tab.answer(history(range(1, last), { as_of: last, epoch: 'e' }))
  await quiet(tab)
}

/** What a tab has stored that was closed at that event, by a clock that is an hour ahead. */
async function stateAt(last: number): Promise<DehydratedState> {
  const tab = open()
  tab.mount()
  await load(tab, last)
  const state: DehydratedState = JSON.parse(JSON.stringify(dehydrate(tab.queryClient)))
  for (const query of state.queries) query.state.dataUpdatedAt += 3_600_000
  return state
}

const storedBy = (clientState: DehydratedState): PersistedClient => ({
  buster: '',
  timestamp: Date.now(),
  clientState,
})

function createPersister(restoreClient: Persister['restoreClient'] = () => undefined) {
  const saves: string[] = []
  const persister: Persister = {
    persistClient: (client) => void saves.push(JSON.stringify(client)),
    restoreClient,
    removeClient: () => undefined,
  }
  return { persister, saves }
}

function Messages({ tab }: { readonly tab: Tab }) {
  const { data, isFetching } = useInfiniteQuery(tab.room.messages(ROOM))
  return <p data-testid="page">{`${textsOf(data).join(' ')}${isFetching ? ' …' : ''}`}</p>
}

/** Storage takes its time. */
function createRestore() {
  let resolve: (stored: PersistedClient) => void = () => {}
  const promise = new Promise<PersistedClient>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

const shown = () => screen.getByTestId('page').textContent

describe('[Q37] a cache out of storage', () => {
  it('that comes while events do is brought up to date, however new it says it is', async () => {
    const state = await stateAt(2)
    const tab = open()
    const restoring = createRestore()
    const { persister } = createPersister(() => restoring.promise)
    const [stop, restored] = persistQueryClient({ queryClient: tab.queryClient, persister })
    cleanups.push(stop)
    tab.mount()
    await load(tab)
    tab.fake.emit(created(4))
    restoring.resolve(storedBy(state))
    tab.fake.emit(created(5))
    await restored
    tab.fake.emit(created(6))
    await quiet(tab)
    tab.answer(history(range(1, 6), { as_of: 6, epoch: 'e' }))
    await quiet(tab)
    expect(tab.texts().join(' ')).toBe('m1 m2 m3 m4 m5 m6')
    expect(tab.query()?.state.fetchStatus).toBe('idle')
  })

  it('is saved once for a burst, and goes on from where the last save stands', async () => {
    const tab = open()
    const { persister, saves } = createPersister()
    const [stop, restored] = persistQueryClient({
      queryClient: tab.queryClient,
      persister,
      dehydrateOptions: { serializeData: newestPages(1) },
    })
    cleanups.push(stop)
    await restored
    tab.mount()
    await load(tab)
    const before = saves.length
    for (let id = 4; id <= 103; id++) tab.fake.emit(created(id))
    await quiet(tab)
    expect(saves.length - before).toBeLessThanOrEqual(2)
    const saved: PersistedClient = JSON.parse(saves.at(-1) ?? '')
    const next = open()
    const again = createPersister(() => saved)
    const [stopAgain, restoredAgain] = persistQueryClient({
      queryClient: next.queryClient,
      persister: again.persister,
    })
    cleanups.push(stopAgain)
    await restoredAgain
    next.mount()
    const position = next.fake.channels[0]?.listener.cursor()
    expect(position).toMatchObject({ epoch: 'e' })
    for (let id = (position?.seq ?? 0) + 1; id <= 104; id++) next.fake.emit(created(id))
    next.fake.live(true, at(104))
    await quiet(next)
    expect(next.texts().slice(-3)).toEqual(['m102', 'm103', 'm104'])
    expect(new Set(next.texts()).size).toBe(next.texts().length)
    expect(next.fake.requests).toEqual([])
  })

  it('is waited for by PersistQueryClientProvider, and shown while it is brought up to date', async () => {
    const state = await stateAt(3)
    const tab = open()
    const restoring = createRestore()
    const { persister } = createPersister(() => restoring.promise)
    render(
      <PersistQueryClientProvider client={tab.queryClient} persistOptions={{ persister }}>
        <Messages tab={tab} />
      </PersistQueryClientProvider>,
    )
    expect(tab.fake.requests).toEqual([])
    await act(async () => {
      restoring.resolve(storedBy(state))
      await quiet(tab)
    })
    expect(shown()).toBe('m1 m2 m3')
    await act(async () => {
      tab.fake.emit(created(4))
      tab.fake.live(true, at(4))
      await quiet(tab)
    })
    expect(shown()).toBe('m1 m2 m3 m4')
    expect(tab.fake.requests).toEqual([])
  })
})

describe('[Q37] a HydrationBoundary', () => {
  it('over live data keeps what came since, however new its state says it is', async () => {
    const state = await stateAt(2)
    const tab = open()
    const page = (from?: DehydratedState) => (
      <QueryClientProvider client={tab.queryClient}>
        <HydrationBoundary state={from}>
          <Messages tab={tab} />
        </HydrationBoundary>
      </QueryClientProvider>
    )
    const { rerender } = render(page())
    await act(() => load(tab))
    tab.fake.emit(created(4))
    await act(() => quiet(tab))
    expect(shown()).toBe('m1 m2 m3 m4')
    rerender(page(state))
    await act(async () => {
      tab.fake.emit(created(5))
      await quiet(tab)
      tab.answer(history(range(1, 5), { as_of: 5, epoch: 'e' }))
      await quiet(tab)
    })
    expect(shown()).toBe('m1 m2 m3 m4 m5')
  })
})
