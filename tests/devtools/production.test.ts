/** What is left of the devtools in the bundle of an application. */
import { fileURLToPath } from 'node:url'
import { build, type Rolldown } from 'vite'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { querywireDevtools } from '../../src/devtools/index.ts'
import { createWebSocketManager } from '../../src/transport/index.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

const APPLICATION = `
  import { querywireDevtools } from '/src/devtools/index.ts'
  export const plugin = querywireDevtools({ manager: globalThis.manager })
`

async function bundle(environment: 'production' | 'development') {
  const result = await build({
    root,
    configFile: false,
    logLevel: 'silent',
    mode: environment,
    define: { 'process.env.NODE_ENV': JSON.stringify(environment) },
    plugins: [
      {
        name: 'application',
        resolveId: (id) => (id === 'application' ? id : undefined),
        load: (id) => (id === 'application' ? APPLICATION : undefined),
      },
    ],
    build: {
      write: false,
      minify: false,
      rolldownOptions: {
        input: 'application',
        external: [/^react/, /^@tanstack/],
        preserveEntrySignatures: 'strict',
      },
    },
  })
  const { output } = result as Rolldown.RolldownOutput
  return output.flatMap((chunk) => (chunk.type === 'chunk' ? [chunk] : []))
}

describe('[D1] the bundle of an application', () => {
  it('[D1] has nothing of the panel, the recorder or the inspector in production', async () => {
    const chunks = await bundle('production')
    expect(chunks).toHaveLength(1)
    const [chunk] = chunks
    expect(chunk?.dynamicImports).toEqual([])
    expect(chunk?.code).not.toMatch(/qw-dev|inspect|lazy|Suspense/)
    const modules = Object.entries(chunk?.modules ?? {}).filter(
      ([, { renderedLength }]) => renderedLength > 0,
    )
    expect(modules.map(([id]) => id.replace(root, ''))).toEqual(['src/devtools/index.ts', 'application'])
  })

  it('[D1] has the panel in a chunk of its own in development, for when somebody opens it', async () => {
    const [entry, ...others] = await bundle('development')
    expect(entry?.code).toContain('.inspect(')
    expect(entry?.code).not.toContain('qw-dev')
    expect(others.map(({ code }) => code).join()).toContain('qw-dev')
  })
})

describe('[D1] with NODE_ENV=production', () => {
  afterEach(() => vi.unstubAllEnvs())

  it('[D1] nothing is recorded and nothing rendered', () => {
    vi.stubEnv('NODE_ENV', 'production')
    const manager = createWebSocketManager({ url: 'ws://localhost:9000', debug: false })
    const inspect = vi.spyOn(manager, 'inspect')
    const plugin = querywireDevtools({ manager })
    expect(plugin).toMatchObject({ id: 'querywire', name: 'querywire' })
    expect(plugin.render({} as HTMLElement, { theme: 'dark' }).props).toEqual({})
    expect(inspect).not.toHaveBeenCalled()
  })
})
