/** What the connection can be, hear and be told lies in closed sets: a new member does not compile until it is handled. */
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { typeErrors, withFolder } from './compiler.ts'
import { root } from './sources.ts'

interface Addition {
  readonly what: string
  readonly file: string
  readonly after: string
  readonly planted: string
}

const additions: readonly Addition[] = [
  {
    what: 'close code',
    file: 'machine/closeCodes.ts',
    after: 'INVALID_TOKEN: 4004,',
    planted: ' PLANTED: 4999,',
  },
  {
    what: 'error code without what helps',
    file: 'errors.ts',
    after: 'export const RECOVERY = {',
    planted: " planted: 'unheard of',",
  },
  {
    what: 'state of the machine',
    file: 'machine/connectionMachine.ts',
    after: "| { readonly phase: 'idle' }",
    planted: " | { readonly phase: 'planted' }",
  },
  {
    what: 'event of the machine',
    file: 'machine/connectionMachine.ts',
    after: "| { readonly type: 'connect' }",
    planted: " | { readonly type: 'planted' }",
  },
  {
    what: 'public connection state',
    file: 'machine/status.ts',
    after: "export type ConnectionState = 'IDLE'",
    planted: " | 'PLANTED'",
  },
]

const errorsAfter = ({ file, after, planted }: Omit<Addition, 'what'>) =>
  withFolder(async (folder) => {
    const copy = join(folder, 'transport')
    await cp(join(root, 'src', 'transport'), copy, { recursive: true })
    const path = join(copy, file)
    const text = await readFile(path, 'utf8')
    expect(text).toContain(after)
    await writeFile(path, text.replace(after, `${after}${planted}`))
    return typeErrors(folder, [path, join(copy, 'index.ts')])
  })

describe('a new', { timeout: 60_000 }, () => {
  it('nothing compiles', async () => {
    const nothing = { file: 'machine/closeCodes.ts', after: 'INVALID_TOKEN: 4004,', planted: '' }
    expect(await errorsAfter(nothing)).toBe('')
  })

  it.each(additions)('$what does not compile until it is handled', async (addition) => {
    expect(await errorsAfter(addition)).toMatch(/error TS/)
  })
})
