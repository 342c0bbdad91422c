/** Which names a file takes from outside: identifiers in value position that nothing in the file declares. */
import { type Node, type Source, walk } from './sources.ts'

const typeFields = new Set(['typeAnnotation', 'typeArguments', 'typeParameters', 'returnType'])
const typeDeclarations = new Set(['TSInterfaceDeclaration', 'TSTypeAliasDeclaration', 'TSDeclareFunction'])

const nameOf = (node: unknown) => (node as { name?: unknown }).name

const bindingFields: Record<string, readonly string[]> = {
  VariableDeclarator: ['id'],
  FunctionDeclaration: ['id', 'params'],
  FunctionExpression: ['id', 'params'],
  ArrowFunctionExpression: ['params'],
  ClassDeclaration: ['id'],
  CatchClause: ['param'],
  ImportSpecifier: ['local'],
  ImportNamespaceSpecifier: ['local'],
  ImportDefaultSpecifier: ['local'],
}

/** Names bound in a pattern: `{ a, b: [c] = [] }` binds a and c. Taking the default values along is harmless. */
const bound = (pattern: Node): string[] => {
  const names: string[] = []
  walk(pattern, (node, { parent, field }) => {
    if (typeFields.has(field)) return false
    if (node.type === 'Identifier' && !(parent?.type === 'Property' && field === 'key')) {
      names.push(String(nameOf(node)))
    }
  })
  return names
}

const declaredIn = ({ program }: Source): Set<string> => {
  const names = new Set<string>()
  walk(program, (node) => {
    for (const field of bindingFields[node.type] ?? []) {
      for (const pattern of [node[field]].flat()) {
        if (pattern) for (const name of bound(pattern as Node)) names.add(name)
      }
    }
  })
  return names
}

const isPlainKey = (parent: Node | undefined, field: string) =>
  parent !== undefined &&
  parent.computed !== true &&
  ((parent.type === 'MemberExpression' && field === 'property') ||
    (field === 'key' && parent.shorthand !== true))

/** Values the file reads as written in it: `window`, `Date.now`, `new Date`, `Math.random`. */
export const outsideReferences = (source: Source): Set<string> => {
  const declared = declaredIn(source)
  const found = new Set<string>()
  walk(source.program, (node, { parent, field }) => {
    if (typeDeclarations.has(node.type) || typeFields.has(field)) return false
    if (node.type !== 'Identifier' || isPlainKey(parent, field)) return
    const name = String(nameOf(node))
    if (declared.has(name)) return
    found.add(name)
    if (parent?.type === 'MemberExpression' && field === 'object' && parent.computed !== true) {
      found.add(`${name}.${String(nameOf(parent.property))}`)
    }
    const isNew = parent?.type === 'NewExpression' && field === 'callee'
    if (isNew && (parent.arguments as unknown[]).length === 0) found.add(`new ${name}`)
  })
  return found
}

/** Names of the methods and functions that a file calls or passes on: `client.setQueryData` → `setQueryData`. */
export const memberNames = (source: Source): Set<string> => {
  const found = new Set<string>()
  walk(source.program, (node, { field }) => {
    if (typeDeclarations.has(node.type) || typeFields.has(field)) return false
    if (node.type === 'MemberExpression' && node.computed !== true) found.add(String(nameOf(node.property)))
    if (node.type === 'Property' && node.computed !== true) found.add(String(nameOf(node.key)))
  })
  return found
}
