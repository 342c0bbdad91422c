/** The folders of a layer: few things in each, and imports between them point one way, those of types too. */
import { globSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readSources, root, type Source } from './sources.ts'

/** The layers. */
const layers = ['src/transport', 'src/query', 'src/chat', 'src/server', 'src/check']
const MAX_THINGS = 14
/** Folders that are full for now. */
const full = new Set<string>()

const sources = readSources('src/**/*.{ts,tsx}')
const things = (folder: string) => globSync('*', { cwd: `${root}/${folder}` })
const folders = [...new Set(sources.map(({ path }) => dirname(path)))]

/** Files that stand beside the rooms are their floor, which any room may import, or doors, each of which imports rooms. */
const isDoor = (path: string) => /\/(index|create[A-Z]\w*)\.ts$/.test(path)

const roomOf = (layer: string, path: string) => {
  const [room, ...rest] = path.slice(layer.length + 1).split('/')
  if (rest.length > 0) return room
  return isDoor(path) ? path : 'the floor'
}

/** room → the rooms it imports from, each with one import to show. */
const graphOf = (layer: string, files: readonly Source[]) => {
  const graph = new Map<string | undefined, Map<string | undefined, string>>()
  for (const { path, imports } of files) {
    const from = roomOf(layer, path)
    const edges = graph.get(from) ?? new Map()
    graph.set(from, edges)
    for (const { target } of imports) {
      if (!target.startsWith(`${layer}/`)) continue
      const to = roomOf(layer, target)
      if (to !== from) edges.set(to, `${path} imports ${target}`)
    }
  }
  return graph
}

/** The imports that lead from a room back to itself; each way round is found once. */
const cyclesOf = (graph: ReturnType<typeof graphOf>): string[][] => {
  const cycles: string[][] = []
  const done = new Set<string | undefined>()
  const visit = (room: string | undefined, trail: readonly (readonly [string | undefined, string])[]) => {
    const start = trail.findIndex(([from]) => from === room)
    if (start >= 0) return void cycles.push(trail.slice(start).map(([, shown]) => shown))
    if (done.has(room)) return
    for (const [to, shown] of graph.get(room) ?? []) visit(to, [...trail, [room, shown]])
    done.add(room)
  }
  for (const room of graph.keys()) visit(room, [])
  return cycles
}

describe('folders', () => {
  it(`hold at most ${MAX_THINGS} things`, () => {
    const crowded = folders
      .filter((folder) => !full.has(folder) && things(folder).length > MAX_THINGS)
      .map((folder) => `${folder}: ${things(folder).length}`)
    expect(crowded).toEqual([])
  })

  it('are excused only while they need it', () => {
    expect([...full].filter((folder) => things(folder).length <= MAX_THINGS)).toEqual([])
  })

  it.each(layers)('of %s import one way', (layer) => {
    const files = sources.filter(({ path }) => path.startsWith(`${layer}/`))
    expect(cyclesOf(graphOf(layer, files))).toEqual([])
  })

  it('that import each other are found', () => {
    const file = (path: string, target: string) => ({ path, imports: [{ target }] }) as unknown as Source
    const files = [file('src/a/b/one.ts', 'src/a/c/two.ts'), file('src/a/c/three.ts', 'src/a/b/four.ts')]
    expect(cyclesOf(graphOf('src/a', files))).toEqual([
      ['src/a/b/one.ts imports src/a/c/two.ts', 'src/a/c/three.ts imports src/a/b/four.ts'],
    ])
  })
})
