/** The command: what is typed, what is printed, how it ends. */
import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { CheckReport } from '../../src/check/index.ts'
import { later, serve } from './support.ts'

const MAIN = fileURLToPath(new URL('../../src/check/command/main.ts', import.meta.url))
const PROGRAM = `const { main } = await import(${JSON.stringify(MAIN)}); process.exitCode = await main(process.argv.slice(1))`
const argumentsOf = (args: readonly string[]) => [
  '--no-warnings',
  '--input-type=module',
  '--eval',
  PROGRAM,
  '--',
  ...args,
]

interface Ended {
  readonly code: number
  readonly out: string
  readonly error: string
}

const run = (...args: readonly string[]) =>
  new Promise<Ended>((resolve) => {
    execFile(process.execPath, argumentsOf(args), { maxBuffer: 10_000_000 }, (error, out, errors) =>
      resolve({ code: Number(error?.code ?? 0), out, error: errors }),
    )
  })

const some = ['--only', 'P18', '--only', 'P50', '--only', 'P63']

describe('[K7] the exit code', () => {
  it('is 0 where the level is kept', async () => {
    const { url } = await serve()
    const { code, out, error } = await run('check', url, '--token', 'alice', '--level', '3', ...some)
    expect(error).toBe('')
    expect(out).toMatch(/kept {8}P18 .*\nkept {8}P50 /)
    expect(out).toMatch(/2 kept, 0 broken, 0 not offered, 1 not tried/)
    expect(out).toMatch(/it takes a second user: --as <token> — P63/)
    expect(code).toBe(0)
  })

  it('is 1 where it is not', async () => {
    const { url } = await serve({ level: 1 })
    const { code, out } = await run(
      'check',
      url,
      '--token',
      'alice',
      '--level',
      '2',
      ...some,
      '--only',
      'P97',
    )
    expect(out).toContain('level 1 is kept, and level 2 is not')
    expect(code).toBe(1)
  })

  it.each([
    [[], 'a command is missing'],
    [['chekc', 'ws://x'], 'no command "chekc"'],
    [['check'], 'the address of the server is missing'],
    [['check', 'x:1'], 'write ws://'],
    [['check', 'ws://x', '--level', '4'], '--level is 0, 1, 2 or 3'],
    [['check', 'ws://x', '--level', ''], '--level is 0, 1, 2 or 3'],
    [['check', 'ws://x', '--auth', 'cookie'], '--auth is query, bearer or frame'],
    [['check', 'ws://x', '--timeout', 'soon'], '--timeout is a number'],
    [['check', 'ws://x', '--only', 'P9999'], 'No rule is called'],
    [['check', 'ws://x', '--tokn', 'a'], "Unknown option '--tokn'"],
    [['check', 'ws://x', 'ws://y'], 'is too much'],
    [['check', 'ws://x', '--domain', '/nowhere.json'], 'nowhere.json'],
  ])('is 2 where it was not understood: %j', async (args, words) => {
    const { code, error } = await run(...args)
    expect(error).toContain(words)
    expect(code).toBe(2)
  })

  it('is 0 for help', async () => {
    const { code, out } = await run('--help')
    expect(out).toContain('npx querywire check <url> [options]')
    expect(code).toBe(0)
  })
})

describe('[K9] --json', () => {
  it('is one CheckReport, without tokens', async () => {
    const token = `eyJhbGciOiJub25lIn0.${btoa('{"sub":"alice"}').replaceAll('=', '')}.x`
    const { url } = await serve()
    const { code, out } = await run('check', `${url}?token=other`, '--token', token, '--as', 'bob', '--json')
    const report = JSON.parse(out) as CheckReport
    expect(report).toMatchObject({
      ok: true,
      level: { stated: null, found: 3, kept: 3 },
      endpoint: 'everything',
    })
    expect(report.rules.length).toBeGreaterThan(100)
    expect(Object.values(report.counts).reduce((sum, count) => sum + count, 0)).toBe(report.rules.length)
    expect(out).not.toContain(token)
    expect(report.url).toBe(url)
    expect(code).toBe(0)
  })
})

describe('[K12] Ctrl-C', () => {
  it('ends in good order: what was written is deleted', async () => {
    const { server, url } = await serve()
    const child = spawn(process.execPath, argumentsOf(['check', url, '--token', 'alice']))
    later(async () => child.kill('SIGKILL'))
    let out = ''
    let isEnded = false
    child.stdout.on('data', (chunk) => {
      out += String(chunk)
      // Once: a second one ends it at once.
      if (!isEnded && out.includes('P52')) isEnded = child.kill('SIGINT')
    })
    const code = await new Promise((resolve) => child.once('close', resolve))
    expect(out).toContain('the check was ended before')
    expect(code).toBe(1)
    const page = server.state().rooms.find(({ id }) => id === 'general')
    expect(page?.messages.filter((message) => !message.deleted_at)).toEqual([])
  })
})

describe('[K10] --domain', () => {
  const folderWith = async (name: string, text: string) => {
    const folder = await mkdtemp(join(tmpdir(), 'querywire-'))
    later(() => rm(folder, { recursive: true }))
    await writeFile(join(folder, name), text)
    return join(folder, name)
  }

  it.each([
    ['d.json', '{"channel":"b1"}', '"read" is a frame'],
    ['d.json', '[]', 'holds no object'],
    ['d.json', '{', 'JSON'],
    ['d.mjs', 'export const other = 1', 'exports no "check"'],
  ])('%s with %s says what is missing', async (name, text, words) => {
    const { code, error } = await run('check', 'ws://x', '--domain', await folderWith(name, text))
    expect(error).toContain(words)
    expect(code).toBe(2)
  })
})
