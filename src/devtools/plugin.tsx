/** The plugin of a development build: records at once, and loads the panel when somebody opens it. */
import type { QueryClient } from '@tanstack/react-query'
import { lazy, type ReactElement, Suspense } from 'react'
import type { WebSocketManager } from '../transport/index.ts'
import { createRecorder } from './recorder.ts'

export interface DevtoolsOptions {
  /** `chat.manager`, for a chat. */
  readonly manager: Pick<WebSocketManager, 'inspect' | 'store'>
  /** Without one only connections and frames are shown. */
  readonly queryClient?: QueryClient | undefined
  /** How many entries of the log are kept. @default 1000 */
  readonly limit?: number | undefined
}

/** What `TanStackDevtools` takes as a plugin. */
export interface DevtoolsPlugin {
  readonly id: string
  readonly name: string
  readonly render: (element: HTMLElement, props: { readonly theme: 'light' | 'dark' }) => ReactElement
}

const DevtoolsPanel = lazy(async () => {
  const { DevtoolsPanel } = await import('./DevtoolsPanel.tsx')
  return { default: DevtoolsPanel }
})

export function createPlugin({ manager, queryClient, limit }: DevtoolsOptions): DevtoolsPlugin {
  const recorder = createRecorder(manager, limit)
  return {
    id: 'querywire',
    name: 'querywire',
    render: (_element, { theme }) => (
      <Suspense fallback={null}>
        <DevtoolsPanel manager={manager} queryClient={queryClient} recorder={recorder} theme={theme} />
      </Suspense>
    ),
  }
}
