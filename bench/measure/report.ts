/** Samples into tables: medians with quartiles, and ratios to a base of the same run. */
import type { Samples } from './rounds.ts'

export interface Spread {
  readonly low: number
  readonly median: number
  readonly high: number
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN
  return { low: at(0.25), median: at(0.5), high: at(0.75) }
}

export interface Section {
  readonly title: string
  /** What was done, in a sentence or two. */
  readonly text: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export function digits(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US').replaceAll(',', ' ')
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2)
}

export function spread({ low, median, high }: Spread): string {
  return `${digits(median)} (${digits(low)}–${digits(high)})`
}

export interface Column {
  readonly name: string
  /** Of which figure. */
  readonly of: string
  /** What a figure is multiplied by. @default 1 */
  readonly by?: number
}

interface Compared {
  readonly samples: Samples
  readonly base: string
  readonly columns: readonly Column[]
}

/**
 * A row per subject. The ratio is the median of the rounds' own ratios, in which what the machine did meanwhile cancels: each to
 * the base in the same round, more is dearer.
 */
export function compared({ samples, base, columns }: Compared): Pick<Section, 'head' | 'rows'> {
  const head = ['', ...columns.flatMap(({ name }) => [name, '× base'])]
  const rows = Object.entries(samples).map(([subject, figures]) => [
    subject === base ? `${subject} (base)` : subject,
    ...columns.flatMap(({ of, by = 1 }) => {
      const values = figures.map((each) => (each[of] ?? Number.NaN) * by)
      const ratios = values.map((value, round) => value / ((samples[base]?.[round]?.[of] ?? Number.NaN) * by))
      return [spread(spreadOf(values)), digits(spreadOf(ratios).median)]
    }),
  ])
  return { head, rows }
}

export function markdown({ title, text, head, rows }: Section): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [`## ${title}`, '', text, '', line(head), line(head.map(() => '---')), ...rows.map(line), ''].join(
    '\n',
  )
}
