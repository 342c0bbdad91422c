/** Small files with names that say what they hold. */
import { describe, expect, it } from 'vitest'
import { readSources, walk } from './sources.ts'

const sources = readSources('src/**/*.{ts,tsx}')
const MAX_LINES = 250

describe('source files', () => {
  it(`have at most ${MAX_LINES} lines`, () => {
    const long = sources
      .map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }))
      .filter(({ lines }) => lines > MAX_LINES)
    expect(long).toEqual([])
  })

  it('are not named after nothing in particular', () => {
    const vague = sources.filter(({ path }) =>
      /\/(utils?|helpers?|misc|common|shared)(\/|\.tsx?$)/.test(path),
    )
    expect(vague.map(({ path }) => path)).toEqual([])
  })

  it('declare classes for errors only', () => {
    const classes = sources.flatMap(({ path, program }) => {
      const found: string[] = []
      walk(program, ({ type, superClass }) => {
        const isClass = type === 'ClassDeclaration' || type === 'ClassExpression'
        const parent = (superClass as { name?: string } | null | undefined)?.name
        if (isClass && !parent?.endsWith('Error')) found.push(path)
      })
      return found
    })
    expect(classes).toEqual([])
  })
})
