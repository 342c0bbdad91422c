/** skills/: Markdown for coding agents, in the form of TanStack Intent. Their code is in docs.test.ts. */
import { existsSync } from 'node:fs'
import { glob, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { root } from './project.ts'

interface Skill {
  readonly folder: string
  readonly text: string
  readonly head: string
}

const skills: Skill[] = []
const linesUnder = (head: string, key: string) => {
  const list = new RegExp(`^${key}:\n((?:  - .*\n)+)`, 'm').exec(`${head}\n`)?.[1] ?? ''
  return list.split('\n').flatMap((line) => (line.startsWith('  - ') ? [line.slice(4)] : []))
}
const field = (head: string, key: string) => new RegExp(`^ *${key}: *'?([^'\n]*)'?$`, 'm').exec(head)?.[1]

beforeAll(async () => {
  for await (const path of glob('skills/*/SKILL.md', { cwd: root })) {
    const text = await readFile(join(root, path), 'utf8')
    const head = /^---\n(.*?)\n---\n/s.exec(text)?.[1] ?? ''
    skills.push({ folder: basename(dirname(path)), text, head })
  }
})

describe('[O4] skills', () => {
  it('are named after their folders, and of this version', async () => {
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
    expect(skills.map(({ folder }) => folder).sort()).toEqual(['back-end', 'chat', 'live-queries'])
    for (const { folder, head } of skills) {
      expect(field(head, 'name')).toBe(folder)
      expect(field(head, 'library')).toBe('querywire')
      expect(field(head, 'library_version')).toBe(version)
    }
  })

  it('say when to be loaded, in a description that agents accept', () => {
    for (const { head } of skills) {
      const text =
        /^description: >\n((?: {2}.*\n)+)/m.exec(`${head}\n`)?.[1]?.replace(/\s+/g, ' ').trim() ?? ''
      expect(text.length).toBeGreaterThan(100)
      expect(text.length).toBeLessThanOrEqual(1024)
    }
  })

  it('are short, name sources that are in the package, and skills that are there', () => {
    for (const { text, head } of skills) {
      expect(text.split('\n').length).toBeLessThan(500)
      const sources = linesUnder(head, 'sources')
      expect(sources.length).toBeGreaterThan(0)
      expect(sources.filter((path) => !existsSync(join(root, path)))).toEqual([])
      const known = skills.map(({ folder }) => folder)
      expect(linesUnder(head, 'requires').filter((name) => !known.includes(name))).toEqual([])
    }
  })

  it('are published', async () => {
    const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Record<string, unknown>
    expect(manifest.files).toContain('skills')
    expect(manifest.keywords).toContain('tanstack-intent')
  })
})
