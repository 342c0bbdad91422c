/** `querywire/devtools`: a panel for TanStack Devtools. Of a production build only the first few lines are part. */
import { createElement, Fragment } from 'react'
import { createPlugin, type DevtoolsOptions, type DevtoolsPlugin } from './plugin.tsx'

export type { DevtoolsOptions, DevtoolsPlugin } from './plugin.tsx'

/**
 * A plugin for `<TanStackDevtools>` of `@tanstack/react-devtools`: connections, frames, channels, sends and leases.
 * Records from the moment it is created, so create it beside the manager and not while rendering. It opens no
 * connection and changes nothing. Where `NODE_ENV` is `production` it records and shows nothing, and bundlers leave the
 * panel out.
 *
 * @example
 * ```tsx
 * const plugins = [querywireDevtools({ manager, queryClient })]
 *
 * <TanStackDevtools plugins={plugins} />
 * ```
 */
export function querywireDevtools(options: DevtoolsOptions): DevtoolsPlugin {
  // As it stands, not behind a guard or a constant: this is what bundlers replace, and see through.
  return process.env.NODE_ENV === 'production' ? NOTHING : createPlugin(options)
}

const NOTHING: DevtoolsPlugin = { id: 'querywire', name: 'querywire', render: () => createElement(Fragment) }
