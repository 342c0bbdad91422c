/** What a release needs, as far as it can be tried without one. */

import { execFile } from 'node:child_process'
import { cp, glob, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { drawSizes, readLimits } from '../../scripts/sizes.mjs'
import { root } from './project.ts'

const execute = promisify(execFile)
const read = (path: string) => readFile(join(root, path), 'utf8')
const workflows = async () => {
  const files: { name: string; text: string }[] = []
  for await (const name of glob('.github/workflows/*.yml', { cwd: root }))
    files.push({ name, text: await read(name) })
  return files
}

describe('[O15] a release', () => {
  it('takes what waits in .changeset into the changelog, and sets one version everywhere', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'querywire-release-'))
    try {
      const parts = [
        'package.json',
        'package-lock.json',
        'CHANGELOG.md',
        'RELEASING.md',
        '.changeset',
        '.npmrc',
        'skills',
      ]
      for (const part of [...parts, 'scripts', 'integrations/django/pyproject.toml'])
        await cp(join(root, part), join(folder, part), { recursive: true })
      const changed = `---\n'querywire': patch\n---\n\nA line for those who use it.\n`
      await writeFile(join(folder, '.changeset/of-this-test.md'), changed)
      await execute('git', ['init', '--quiet'], { cwd: folder })
      const env = { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` }
      await execute(process.execPath, ['scripts/prepareRelease.mjs'], { cwd: folder, env })
      const now = (path: string) => readFile(join(folder, path), 'utf8')
      const { version } = JSON.parse(await now('package.json')) as { version: string }
      const before = JSON.parse(await read('package.json')) as { version: string }
      expect(version).not.toBe(before.version)
      expect(await now('CHANGELOG.md')).toContain(`## ${version}\n`)
      expect(await now('CHANGELOG.md')).toContain('A line for those who use it.')
      expect(await now('skills/chat/SKILL.md')).toContain(`library_version: '${version}'`)
      expect(await now('integrations/django/pyproject.toml')).toContain(`version = "${version}"`)
      expect(JSON.parse(await now('package-lock.json'))).toMatchObject({
        version,
        packages: { '': { version } },
      })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  it('is published with provenance by a workflow that may do nothing else, and holds no token of a registry', async () => {
    const release = await read('.github/workflows/release.yml')
    expect(release).toMatch(/^permissions: \{\}$/m)
    const [, pullRequest = '', publish = ''] = release.split(/^ {2}(?=pull-request:|publish:)/m)
    expect(pullRequest).not.toContain('id-token')
    expect(publish).toContain('id-token: write')
    expect(publish).toContain("NPM_CONFIG_PROVENANCE: 'true'")
    for (const { name, text } of await workflows()) {
      const secrets = [...text.matchAll(/secrets\.(\w+)/g)].map(([, secret]) => secret)
      expect(
        secrets.filter((secret) => secret !== 'GITHUB_TOKEN'),
        name,
      ).toEqual([])
      const actions = [...text.matchAll(/uses: (\S+)/g)].map(([, action = '']) => action)
      expect(actions.length).toBeGreaterThan(0)
      expect(
        actions.filter((action) => !/^(actions|changesets)\/[\w-]+@(v\d+|[0-9a-f]{40})$/.test(action)),
      ).toEqual([])
    }
  })

  it('runs scripts that there are', async () => {
    const { scripts } = JSON.parse(await read('package.json')) as { scripts: Record<string, string> }
    const pages = await Promise.all(['README.md', 'CONTRIBUTING.md', 'RELEASING.md', 'SECURITY.md'].map(read))
    const texts = [...pages, ...(await workflows()).map(({ text }) => text)]
    const named = texts.flatMap((text) =>
      [...text.matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name),
    )
    expect(named.length).toBeGreaterThan(10)
    // `dev` is the reader’s own.
    expect(named.filter((name) => name !== 'dev' && !(name in scripts))).toEqual([])
  })
})

describe('[O15] every entry', () => {
  const SYSTEMS = '/usr/bin/node'

  it('loads on the Node of the system, too, where that is one of those it says', async () => {
    const { engines, exports } = JSON.parse(await read('package.json')) as {
      engines: { node: string }
      exports: Record<string, { default: string } | string>
    }
    expect(engines.node).toBe('>=20')
    const version = await execute(SYSTEMS, ['-p', 'parseInt(process.versions.node)']).catch(() => undefined)
    const node = version !== undefined && Number(version.stdout) >= 20 ? SYSTEMS : process.execPath
    const files = Object.values(exports).flatMap((entry) =>
      typeof entry === 'string' ? [] : [entry.default],
    )
    const code = files.map((file) => `await import(${JSON.stringify(join(root, file))})`).join('\n')
    await execute(node, ['--input-type=module', '-e', code], { cwd: root })
    expect(files.length).toBeGreaterThanOrEqual(10)
  })
})

describe('[O16] sizes', () => {
  it('are drawn as they are limited', async () => {
    expect(await read('docs/images/sizes.svg'), '`npm run sizes` draws it').toBe(
      drawSizes(await readLimits()),
    )
  })
})

describe('[O17] whoever contributes with an older Node', () => {
  const said = async (userAgent: string) => {
    const env = { ...process.env, npm_config_user_agent: userAgent }
    const { stdout, stderr } = await execute(process.execPath, ['scripts/welcome.mjs'], { cwd: root, env })
    return stdout + stderr
  }

  it('hears one sentence from npm, and others none', async () => {
    expect(await read('.npmrc')).toContain('loglevel=error')
    const { scripts } = JSON.parse(await read('package.json')) as { scripts: Record<string, string> }
    // npm shows what this one prints, and runs it here only: not where the package is a dependency.
    expect(scripts.prepare).toBe('node scripts/welcome.mjs')
    expect(Object.keys(scripts).filter((name) => /^(pre|post)?install$/.test(name))).toEqual([])
    expect(await said('npm/11.19.1 node/v20.20.2 linux x64')).toMatch(
      /^npm runs on Node 20\.20\.2, which is enough[^\n]*\n$/,
    )
    expect(await said('npm/11.19.1 node/v24.21.0 linux x64')).toBe('')
    expect(await said('')).toBe('')
  })
})
