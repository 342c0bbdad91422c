/** The blocks of README and of the chat's first page in the app that it says to paste them into; in a browser they run in tests/e2e. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createEmptyApp,
  inStages,
  installed,
  needed,
  type PastedApp,
  readBlocks,
  readersEnvironment,
  readme,
} from './pastedApp.ts'
import { root } from './project.ts'

const execute = promisify(execFile)
const outcome = (run: Promise<{ stdout: string; stderr: string }>) =>
  run.then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    ({ code, stdout, stderr }) => ({ code, output: `${stdout}${stderr}` }),
  )

let app: PastedApp
beforeAll(async () => {
  app = await createEmptyApp(await installed())
})
afterAll(() => app.remove())

const run = (bin: string, ...args: readonly string[]) =>
  outcome(
    execute(process.execPath, [join(app.folder, 'node_modules', bin), ...args], {
      cwd: app.folder,
      env: readersEnvironment(),
    }),
  )

describe('[C95] the first pages', () => {
  it('begin with a README that is soon read', async () => {
    expect((await readme()).split('\n').length).toBeLessThanOrEqual(151)
  })

  it('say to install what their blocks need, and nothing else', async () => {
    const blocks = await readBlocks()
    // Asked for by name: the mount, and the storage of the outbox, import them where they are used.
    const expected = [...(await needed(blocks)), 'ws', 'idb-keyval']
    expect([...(await installed())].sort()).toEqual(expected.sort())
  })

  it('compile at every stage, and their test passes', async () => {
    const stages = inStages(await readBlocks())
    expect(stages.length).toBe(2)
    for (const blocks of stages) {
      await app.paste(blocks)
      expect(await run('typescript/bin/tsc', '-p', 'tsconfig.app.json')).toEqual({ code: 0, output: '' })
    }
    const { code, output } = await run('vitest/vitest.mjs', 'run')
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringMatching(/1 passed/) })
    expect(output).not.toMatch(/warning|not wrapped in act|unhandled/i)
  })

  it.each([
    ['this Node', process.execPath],
    ['the system’s Node, if it has one', '/usr/bin/node'],
  ])('have a server that runs on %s, or says what it needs', async (_name, node) => {
    if (!existsSync(node)) return
    await app.paste((await readBlocks()).filter(({ name }) => name === 'server.mjs'))
    const { stdout: version } = await execute(node, ['--version'])
    const [major = 0, minor = 0] = version.slice(1).split('.').map(Number)
    const server = spawn(node, ['server.mjs'], { cwd: app.folder, stdio: 'pipe' })
    try {
      if (major < 22 || (major === 22 && minor < 13)) {
        const [text] = await once(server.stderr, 'data')
        expect(String(text)).toContain('Node has from 22.13 on')
        return
      }
      const [line] = await once(server.stdout, 'data')
      const url = /^Listening on (\S+)\n$/.exec(String(line))?.[1]
      const socket = new WebSocket(`${url}/ws/?token=bob`)
      const [{ data }] = await once(socket, 'message')
      expect(String(data)).toMatch(/"type":"welcome".*"bob"/)
      socket.close()
    } finally {
      server.kill('SIGKILL')
    }
  })

  it('say how large each entry may be', async () => {
    const text = await readFile(join(root, '.size-limit.json'), 'utf8')
    const limits = JSON.parse(text) as readonly { path: string; limit: string }[]
    const rounded = new Map(
      limits.map(({ path, limit }) => [
        path,
        limit.replace(/[\d.]+/, (size) => String(Math.ceil(Number(size)))),
      ]),
    )
    const rows = [...(await readme()).matchAll(/^\| `querywire(\/\w+)?` \|.* \| ([\d.]+ k?B) \|$/gm)]
    const entries = ['', '/transport', '/query', '/chat', '/outbox', '/tabs', '/devtools']
    expect(rows.map(([, entry = '']) => entry)).toEqual(entries)
    for (const [row, entry = '', said] of rows) expect(said, row).toBe(rounded.get(`dist${entry}/index.js`))
  })
})
