/** What must stand alone does: everything without chat, and the core without a browser. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { outputOf, typeErrors, withFolder } from './compiler.ts'
import { readSources, root, type Source } from './sources.ts'

/** Files that loading a file loads, itself included. */
const reachable = (from: Source, byPath: ReadonlyMap<string, Source>, seen = new Set<string>()) => {
  if (seen.has(from.path)) return seen
  seen.add(from.path)
  for (const { target, typeOnly } of from.imports) {
    const next = byPath.get(target)
    if (next && !typeOnly) reachable(next, byPath, seen)
  }
  return seen
}

describe('without src/chat', () => {
  const rest = readSources('src/**/*.{ts,tsx}').filter(({ path }) => !path.startsWith('src/chat/'))

  it('nothing else imports a file that is gone', () => {
    const leading = rest.flatMap(({ path, imports }) =>
      imports
        .filter(({ target }) => target.startsWith('src/chat/'))
        .map(({ target }) => `${path} → ${target}`),
    )
    expect(leading).toEqual([])
  })

  it('everything else type-checks', { timeout: 60_000 }, async () => {
    const files = rest.map(({ path }) => join(root, path))
    expect(await withFolder((folder) => typeErrors(folder, files))).toBe('')
  })
})

describe('in bare Node', () => {
  const sources = readSources('src/**/*.{ts,tsx}')
  const byPath = new Map(sources.map((source) => [source.path, source]))
  const leadsToReact = (source: Source) =>
    [...reachable(source, byPath)].some((path) => path.endsWith('.tsx') || path.includes('/react/'))
  const pure = sources.filter((source) => !leadsToReact(source))

  it('transport, less its React folder, needs no React', () => {
    const transport = sources.filter(({ path }) => /^src\/transport\/(?!react\/)/.test(path))
    expect(transport.length).toBeGreaterThan(0)
    expect(transport.filter(leadsToReact).map(({ path }) => path)).toEqual([])
  })

  it('every file without React loads, and loading it starts nothing', { timeout: 60_000 }, async () => {
    const browserNames = ['WebSocket', 'window', 'document', 'localStorage', 'navigator']
    const script = [
      `for (const name of ${JSON.stringify(browserNames)}) delete globalThis[name]`,
      ...pure.map(({ path }) => `await import(${JSON.stringify(`./${path}`)})`),
      // A timer, socket or listener left by an import would be listed here.
      'const held = process.getActiveResourcesInfo().filter((name) => !/^(PipeWrap|TTYWrap|FSReq|CloseReq)/.test(name))',
      'console.log(JSON.stringify(held))',
      'process.exit()',
    ].join('\n')
    const output = await outputOf(process.execPath, ['--input-type=module', '--eval', script])
    expect(output.trim()).toBe('[]')
  })
})
