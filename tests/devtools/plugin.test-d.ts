import type { TanStackDevtools } from '@tanstack/react-devtools'
import { QueryClient } from '@tanstack/react-query'
import type { ComponentProps } from 'react'
import { expectTypeOf, it } from 'vitest'
import { createChat } from '../../src/chat/index.ts'
import { querywireDevtools } from '../../src/devtools/index.ts'
import { createWebSocketManager, defineProtocol } from '../../src/transport/index.ts'

it('is a plugin of TanStack Devtools', () => {
  const { manager } = createChat({ url: 'ws://localhost:9000' })
  const plugin = querywireDevtools({ manager, queryClient: new QueryClient() })
  expectTypeOf([plugin]).toExtend<ComponentProps<typeof TanStackDevtools>['plugins']>()
})

it('takes a manager of any protocol', () => {
  const manager = createWebSocketManager({ protocol: defineProtocol({ events: {}, requests: {} }) })
  querywireDevtools({ manager })
})

it('asks for a manager', () => {
  // @ts-expect-error: there is nothing to watch
  querywireDevtools({})
})
