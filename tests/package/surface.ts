/** What the built package exports, and what docs/exports.md says of it. Knows nothing of what should be exported. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseSync } from 'vite'
import { root } from './project.ts'

/** What each name is for. */
export type Names = ReadonlyMap<string, string>

export interface Entry {
  /** `querywire/query` */
  readonly name: string
  /** Entries of which it exports everything as well. */
  readonly handsOn?: readonly string[]
  readonly values: Names
  readonly types: Names
}

export const namesOf = ({ values, types }: Entry): string[] => [...values.keys(), ...types.keys()]

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
}

const exportedNames = async (path: string): Promise<string[]> => {
  const { module, errors } = parseSync(path, await readFile(join(root, path), 'utf8'))
  if (errors.length > 0) throw new Error(`${path} cannot be read: ${errors[0]?.message}`)
  return module.staticExports.flatMap(({ entries }) =>
    entries.map(({ exportName }) => {
      if (!exportName.name) throw new Error(`${path} has an export without a name, or all of another file`)
      return exportName.name
    }),
  )
}

const withoutText = (names: readonly string[]): Names => new Map(names.toSorted().map((name) => [name, '']))

/** A value is what the JavaScript exports; what only the declarations have is a type. */
export const builtEntries = async (): Promise<Entry[]> => {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Manifest
  const entries: Entry[] = []
  for (const [path, files] of Object.entries(manifest.exports)) {
    if (typeof files === 'string') continue
    const values = await exportedNames(files.default)
    const declared = await exportedNames(files.types)
    const types = declared.filter((name) => !values.includes(name))
    entries.push({
      name: join(manifest.name, path),
      values: withoutText(values),
      types: withoutText(types),
    })
  }
  return entries
}

const LINE = /^- `(\w+)`: *(.*)$/gm

const listIn = (section: string, title: string): Names => {
  const list = section.split(/^### /m).find((part) => part.startsWith(title)) ?? ''
  return new Map([...list.matchAll(LINE)].map(([, name = '', text = '']) => [name, text]))
}

export const entriesOf = (page: string): Entry[] =>
  page
    .split(/^## /m)
    .slice(1)
    .map((section) => ({
      name: /^`(.*)`/.exec(section)?.[1] ?? '',
      values: listIn(section, 'Values'),
      types: listIn(section, 'Types'),
    }))

const listOf = (title: string, names: Names): string =>
  names.size === 0
    ? ''
    : `\n### ${title}\n\n${[...names].map(([name, text]) => `- \`${name}\`: ${text}`.trimEnd()).join('\n')}\n`

const alsoOf = (names: readonly string[] = []): string =>
  names.length === 0 ? '' : `\nEverything of ${names.map((name) => `\`${name}\``).join(' and ')}, and:\n`

const INTRODUCTION = `# What each entry exports

One line each. \`npm test -- package\` compares this page with what was built; after a change that is meant,
\`UPDATE=1 npx vitest run --project package exports\` writes the names, and what each is for is yours to say.
`

export const pageOf = (entries: readonly Entry[]): string =>
  [
    INTRODUCTION,
    ...entries.map(
      ({ name, handsOn, values, types }) =>
        `## \`${name}\`\n${alsoOf(handsOn)}${listOf('Values', values)}${listOf('Types', types)}`,
    ),
  ].join('\n')
