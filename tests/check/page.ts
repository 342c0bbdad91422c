/** The run that docs/check.md shows, and how a real one is compared with it. */

/** What differs from run to run: times, ids, marks, ports. */
export const withoutChance = (text: string): string =>
  text
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '…')
    .replaceAll(/"[\w-]{21}"/g, '"…"')
    .replaceAll(/querywire check [\w-]{6} \d+/g, 'querywire check …')
    .replaceAll(/"m\d{8}"/g, '"m…"')
    .replaceAll(/"seq":\d+/g, '"seq":…')

/** The lines of the block; a line of `…` stands for others. */
export const shownRun = (page: string): readonly string[] => {
  const block = /```text\n\$ npx querywire check [^\n]*\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
  return block.split('\n').filter((line) => line.trim() !== '' && line.trim() !== '…')
}
