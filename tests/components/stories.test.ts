/** What the tests of the stories rest on: that no story is excused from them. */
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const stories = globSync('storybook/**/*.stories.tsx', { cwd: root }).map((path) => ({
  path,
  text: readFileSync(`${root}/${path}`, 'utf8'),
}))

describe('stories', () => {
  it('[C143] are all looked at by axe, and a violation fails', () => {
    expect(stories.length).toBeGreaterThan(10)
    const excused = stories.filter(({ text }) => /test: '(todo|off)'|disable: true|manual: true/.test(text))
    expect(excused.map(({ path }) => path)).toEqual([])
    const preview = readFileSync(`${root}/.storybook/preview.ts`, 'utf8')
    expect(preview).toContain("a11y: { test: 'error' }")
    expect(preview).toContain('expect(await misfits()).toEqual([])')
  })

  it('[C141] say that something is wrong in them, with the fault and with the tag', () => {
    const faults = stories.flatMap(({ path, text }) =>
      text
        .split(/^export const /m)
        .slice(1)
        .map((story) => ({
          story: `${path} ${story.split(/[:\s]/)[0]}`,
          isTagged: story.includes("tags: ['failure']"),
          hasFault: story.includes('parameters: { fault: '),
        })),
    )
    const untold = faults.filter(({ isTagged, hasFault }) => isTagged && !hasFault)
    expect(untold).toEqual([])
    expect(faults.filter(({ isTagged }) => isTagged).length).toBeGreaterThan(6)
  })
})
