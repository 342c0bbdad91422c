import { TanStackDevtools } from '@tanstack/react-devtools'
import type { QueryClient } from '@tanstack/react-query'
import type { WebSocketManager } from 'querywire'
import { querywireDevtools } from 'querywire/devtools'
import { useState } from 'react'

interface DevtoolsProps {
  manager: WebSocketManager
  queryClient: QueryClient
}

/** Empty in a production build. */
export function Devtools({ manager, queryClient }: DevtoolsProps) {
  const [plugins] = useState(() => [querywireDevtools({ manager, queryClient })])
  return <TanStackDevtools plugins={plugins} />
}
