/** What must stand alone does: everything without chat, and the core without a browser. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { readSources, root, type Source } from './sources.ts'

const execute = promisify(execFile)

const outputOf = async (file: string, args: readonly string[]) => {
  try {
    const { stdout, stderr } = await execute(file, args, { cwd: root, timeout: 60_000 })
    return stdout + stderr
  } catch (error) {
    const { stdout, stderr, message } = error as { stdout?: string; stderr?: string; message: string }
    return `${stdout}${stderr}` || message
  }
}

/** Files that a file leads to, itself included. */
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
  // A folder beside node_modules, so that packages resolve as they do for the real configuration.
  it('everything else type-checks', { timeout: 60_000 }, async () => {
    const folder = await mkdtemp(join(root, 'node_modules', '.layout-'))
    try {
      const sources = readSources('src/**/*.{ts,tsx}').filter(({ path }) => !path.startsWith('src/chat/'))
      // Listed one by one: a file of chat that something imports would be found in spite of an `exclude`.
      const leading = sources.flatMap(({ path, imports }) =>
        imports
          .filter(({ target }) => target.startsWith('src/chat/'))
          .map(({ target }) => `${path} → ${target}`),
      )
      expect(leading).toEqual([])
      const config = join(folder, 'tsconfig.json')
      const files = sources.map(({ path }) => join(root, path))
      await writeFile(config, JSON.stringify({ extends: join(root, 'tsconfig.json'), include: [], files }))
      const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
      expect(await outputOf(process.execPath, [tsc, '-p', config])).toBe('')
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
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
      // A timer, socket or listener left by an import would be listed here and keep the process alive.
      'const held = process.getActiveResourcesInfo().filter((name) => !/^(PipeWrap|TTYWrap|FSReq|CloseReq)/.test(name))',
      'console.log(JSON.stringify(held))',
    ].join('\n')
    const output = await outputOf(process.execPath, ['--input-type=module', '--eval', script])
    expect(output.trim()).toBe('[]')
  })
})
