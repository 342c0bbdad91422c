/** docs/protocol.schema.json of this package. */
import { readFile } from 'node:fs/promises'
import { type Definitions, problemOf } from './fits.ts'

export interface ProtocolSchema {
  readonly $defs: Definitions
}

/** As far from here in `src` as in `dist`. */
const PATH = new URL('../../../docs/protocol.schema.json', import.meta.url)

export const readProtocolSchema = async (): Promise<ProtocolSchema> =>
  JSON.parse(await readFile(PATH, 'utf8')) as ProtocolSchema

/**
 * What is wrong with a value of that name, such as `event.chat_message` or `reply.get_history`: '' for nothing,
 * `undefined` where no such name is known.
 */
export const createComplaints =
  ({ $defs }: ProtocolSchema) =>
  (name: string, value: unknown): string | undefined => {
    const schema = Object.hasOwn($defs, name) ? $defs[name] : undefined
    return schema && (problemOf(schema, value, { definitions: $defs, path: '', depth: 0 }) ?? '')
  }
