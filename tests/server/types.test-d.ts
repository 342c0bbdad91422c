import { describe, expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import {
  createLiveServer,
  type MemoryTables,
  memoryStore,
  type SqliteHandle,
  sqliteStore,
} from '../../src/server/index.ts'
import { defineProtocol } from '../../src/transport/index.ts'

const protocol = defineProtocol({
  events: { moved: z.object({ at: z.string().transform((text) => new Date(text)) }) },
  requests: {
    move: {
      params: z.object({ room_id: z.string(), at: z.string().transform((text) => new Date(text)) }),
      result: z.object({ count: z.number() }),
    },
  },
})

interface Account {
  readonly id: number
  readonly username: string
  readonly roles: readonly string[]
}

const options = {
  protocol,
  store: memoryStore(),
  authenticate: (token: string | undefined): Account | null =>
    token === undefined ? null : { id: 1, username: token, roles: [] },
}

describe('createLiveServer', () => {
  it('[S25] knows parameters, results, events, users and the handle of the store', () => {
    const live = createLiveServer({
      ...options,
      channels: {
        room_id: ({ user, key }) => {
          expectTypeOf(user).toEqualTypeOf<Account>()
          expectTypeOf(key).toEqualTypeOf<string>()
          return user.roles.includes(key)
        },
      },
      requests: {
        move: ({ data, user, transaction, publish }) => {
          expectTypeOf(data).toEqualTypeOf<{ room_id: string; at: Date }>()
          expectTypeOf(user).toEqualTypeOf<Account>()
          return transaction((tx) => {
            expectTypeOf(tx).toEqualTypeOf<MemoryTables>()
            publish('moved', { at: data.at.toISOString() })
            // @ts-expect-error: what is sent is what the schema takes, not what it makes
            publish('moved', { at: data.at })
            // @ts-expect-error: no such event
            publish('removed', {})
            return { count: 1 }
          })
        },
      },
    })
    expectTypeOf(live.transaction(({ tx }) => tx.all<number>('numbers'))).toEqualTypeOf<Promise<number[]>>()
    // @ts-expect-error: no such event
    void live.publish('removed', {}, '1')
  })

  it('[S25] wants every request handled, and by what fits', () => {
    // @ts-expect-error: nobody handles `move`
    createLiveServer({ ...options, channels: { room_id: () => true }, requests: {} })
    createLiveServer({
      ...options,
      channels: { room_id: () => true },
      // @ts-expect-error: not what the schema says
      requests: { move: () => ({ count: 'one' }) },
    })
  })

  it('gives the driver’s own handle', () => {
    const store = sqliteStore('file')
    const opened = store.transaction(({ tx }) => tx)
    expectTypeOf(opened).resolves.toHaveProperty('result').toEqualTypeOf<SqliteHandle>()
  })
})
