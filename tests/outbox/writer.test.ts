/** What is written together, and what cannot be. */
import { expect, it } from 'vitest'
import type { OutboxRecord } from '../../src/outbox/index.ts'
import { createWriter } from '../../src/outbox/writer.ts'

/** Keeps what is not too much; the ids of records stand for them. */
function createStore() {
  const store = {
    kept: [] as readonly OutboxRecord[],
    most: Number.POSITIVE_INFINITY,
    async change(_user: string, change: (kept: readonly OutboxRecord[]) => readonly OutboxRecord[]) {
      const next = change(store.kept)
      if (next.length > store.most) throw new Error('The disk is full')
      store.kept = next
    },
  }
  const write = createWriter(store as never, 'alice')
  const put = (id: string, isOwed?: boolean) =>
    write((records) => void records.set(id, { id } as OutboxRecord), isOwed).then(
      () => 'kept',
      () => 'refused',
    )
  return { store, write, put, ids: () => store.kept.map(({ id }) => id) }
}

it('[Q74] what is owed is written with the next that can be', async () => {
  const { store, put, ids } = createStore()
  store.most = 0
  expect(await Promise.all([put('owed', true), put('lost')])).toEqual(['refused', 'refused'])
  store.most = 2
  expect(await put('next')).toBe('kept')
  expect(ids()).toEqual(['owed', 'next'])
  expect(await put('last')).toBe('refused')
  expect(ids()).toEqual(['owed', 'next'])
})

it('[Q74] what is owed and cannot be written yet keeps nothing else from being written', async () => {
  const { store, write, put, ids } = createStore()
  store.most = 0
  await put('owed', true)
  const mistaken = write(() => {
    throw new Error('a mistake')
  }, true).catch(() => 'refused')
  expect(await mistaken).toBe('refused')
  store.most = 1
  expect(await put('next')).toBe('kept')
  expect(ids()).toEqual(['next'])
})
