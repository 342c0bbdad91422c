/** docs/protocol.schema.json is what src/frames says, and says what src/frames does. */
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { protocolSchema } from './protocolSchema.ts'

const PATH = fileURLToPath(new URL('../../docs/protocol.schema.json', import.meta.url))
const UPDATE = 'UPDATE=1 npx vitest run --project unit tests/frames'

describe('docs/protocol.schema.json', () => {
  it('[K19] is generated from the schemas of the frames', async () => {
    const text = `${JSON.stringify(protocolSchema(), null, 2)}\n`
    if (process.env.UPDATE !== undefined) await writeFile(PATH, text)
    const committed = await readFile(PATH, 'utf8')
    expect(JSON.parse(committed), `run ${UPDATE}`).toEqual(JSON.parse(text))
  })
})
