/** Loaded when the address asks for it: more than the application itself. */
import { TanStackDevtools } from '@tanstack/react-devtools'
import type { ReactNode } from 'react'
import { type DevtoolsOptions, querywireDevtools } from '../../../src/devtools/index.ts'

const config = { triggerMode: 'fixed', position: 'top-right' } as const

export function createDevtools(options: DevtoolsOptions): ReactNode {
  const plugins = [{ ...querywireDevtools(options), defaultOpen: true }]
  return <TanStackDevtools plugins={plugins} config={config} />
}
