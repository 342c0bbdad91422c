/** docs/SPEC.md and the tests name the same rules. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Node, readSources, root, walk } from './sources.ts'

const ruleIds = (text: string) => [...text.matchAll(/\[([A-Z]\d+[a-z]?)\]/g)].map(([, id]) => id as string)

const specified = () => {
  const path = join(root, 'docs', 'SPEC.md')
  return new Set(existsSync(path) ? ruleIds(readFileSync(path, 'utf8')) : [])
}

const testFunctions = new Set(['it', 'test', 'describe'])

/** `it`, `it.each(table)`, `describe.skipIf(x)` → the name at their left end. */
const leftmostName = (node: Node): string | undefined => {
  if (node.type === 'Identifier') return node.name as string
  const left = node.object ?? node.callee ?? node.tag
  return left ? leftmostName(left as Node) : undefined
}

const textOf = (node: Node | undefined): string => {
  if (node?.type === 'Literal') return String(node.value)
  if (node?.type !== 'TemplateLiteral') return ''
  return (node.quasis as readonly { value: { raw: string } }[]).map(({ value }) => value.raw).join('')
}

const titles = () =>
  readSources('tests/**/*.{test,test-d}.{ts,tsx}').flatMap(({ path, program }) => {
    const found: { path: string; title: string }[] = []
    walk(program, (node) => {
      if (node.type !== 'CallExpression') return
      const isTest = testFunctions.has(leftmostName(node.callee as Node) ?? '')
      const [first] = node.arguments as Node[]
      if (isTest) found.push({ path, title: textOf(first) })
    })
    return found
  })

describe('docs/SPEC.md', () => {
  const tested = titles().flatMap(({ path, title }) => ruleIds(title).map((id) => ({ path, id })))

  it('has a test for every rule', () => {
    const named = new Set(tested.map(({ id }) => id))
    expect([...specified()].filter((id) => !named.has(id))).toEqual([])
  })

  it('holds every rule that a test names', () => {
    const rules = specified()
    const unknown = tested.filter(({ id }) => !rules.has(id)).map(({ id, path }) => `${id} in ${path}`)
    expect([...new Set(unknown)]).toEqual([])
  })

  it('holds rules', () => {
    expect(specified().size).toBeGreaterThan(0)
  })
})
