/** The mistakes of docs/mistakes.md that the compiler finds, against the package as it is built, by what it says. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { projectWith, removeProjects, root, typeErrors } from './project.ts'

afterEach(removeProjects)

const PRELUDE = `import { useQuery } from '@tanstack/react-query'
import { createLive, createWebSocketManager, defineProtocol, meta, patch, reduce, type } from 'querywire'
import { createChat } from 'querywire/chat'
import * as z from 'zod'
`
const REST = `const manager = createWebSocketManager({ url: 'ws://localhost', protocol })
const live = createLive({ manager })
export const used = [useQuery, meta, patch, reduce, type, createChat, live, common]
`

it.each(['7', '5.6'])(
  '[Q49] [D6] TypeScript %s says of each mistake what docs/mistakes.md says',
  async (version) => {
    const page = await readFile(join(root, 'docs/mistakes.md'), 'utf8')
    const codeIn = (part: string) => /^```ts\n(.*?)^```$/ms.exec(part)?.[1] ?? ''
    const [start = '', ...parts] = page.slice(0, page.indexOf('## What the console')).split(/^### /m)
    const mistakes = parts.map((part, at) => ({
      file: `mistake${at}.ts`,
      code: codeIn(part),
      says: /^> (.*)$/m.exec(part)?.[1] ?? 'nothing',
    }))
    const prelude = PRELUDE + codeIn(start) + REST
    const files = Object.fromEntries(mistakes.map(({ file, code }) => [file, prelude + code]))
    const folder = await projectWith('react', '@types/react', 'zod', '@tanstack/react-query')
    const options = {
      module: 'esnext',
      moduleResolution: 'bundler',
      skipLibCheck: true,
      pretty: false,
      version,
    }
    const said = await typeErrors(folder, { ...files, 'right.ts': prelude }, options)
    expect(said).not.toContain('right.ts')
    for (const { file, says } of mistakes) {
      const own = said.slice(said.indexOf(`${file}(`)).split(/\n(?=\S)/)[0]
      expect(own).toContain(says)
    }
    expect(mistakes.length).toBeGreaterThanOrEqual(6)
  },
)
