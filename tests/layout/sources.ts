/** The source files as the layout tests see them: path, text, syntax tree, imports. Knows nothing of the rules. */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseSync } from 'vite'

export const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Import {
  /** As written: `../query/index.ts`, `react`. */
  readonly request: string
  /** Path from the repository root for a relative request; the package's name for any other. */
  readonly target: string
  readonly relative: boolean
  readonly typeOnly: boolean
}

export interface Node {
  readonly type: string
  readonly [field: string]: unknown
}

export interface Source {
  /** From the repository root, with forward slashes. */
  readonly path: string
  readonly text: string
  readonly program: Node
  readonly imports: readonly Import[]
}

const packageOf = (request: string) =>
  request
    .split('/')
    .slice(0, request.startsWith('@') ? 2 : 1)
    .join('/')

const resolveImport = (path: string, request: string, typeOnly: boolean): Import => {
  const isRelative = request.startsWith('.')
  const target = isRelative ? slashes(join(dirname(path), request)) : packageOf(request)
  return { request, target, relative: isRelative, typeOnly }
}

const slashes = (path: string) => path.replaceAll('\\', '/')

type Parsed = ReturnType<typeof parseSync>

const importsOf = (path: string, text: string, { module }: Parsed): Import[] => {
  const found: Import[] = []
  const add = (request: string, typeOnly: boolean) => found.push(resolveImport(path, request, typeOnly))
  const isErased = (entries: readonly { isType: boolean }[]) =>
    entries.length > 0 && entries.every(({ isType }) => isType)
  for (const { moduleRequest, entries } of module.staticImports) add(moduleRequest.value, isErased(entries))
  for (const { entries } of module.staticExports) {
    const request = entries.find((entry) => entry.moduleRequest)?.moduleRequest
    if (request) add(request.value, isErased(entries))
  }
  for (const { moduleRequest } of module.dynamicImports) {
    add(text.slice(moduleRequest.start + 1, moduleRequest.end - 1), false)
  }
  return found
}

const readSource = (absolute: string): Source => {
  const path = slashes(relative(root, absolute))
  const text = readFileSync(absolute, 'utf8')
  const parsed = parseSync(path, text)
  return {
    path,
    text,
    program: parsed.program as unknown as Node,
    imports: importsOf(path, text, parsed),
  }
}

export const readSources = (pattern: string): Source[] =>
  globSync(pattern, { cwd: root })
    .sort()
    .map((path) => readSource(join(root, path)))

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'

export interface Place {
  readonly parent?: Node
  /** The field of the parent that holds the node. */
  readonly field: string
}

/** Every node, parents first. A `visit` that returns `false` leaves out what is below. */
export const walk = (
  node: Node,
  visit: (node: Node, place: Place) => unknown,
  place: Place = { field: '' },
): void => {
  if (visit(node, place) === false) return
  for (const [field, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) walk(child, visit, { parent: node, field })
    }
  }
}
