/** A table with a name, and a word for when it is empty. */
import type { Key, ReactNode } from 'react'
// biome-ignore lint/correctness/noUnusedImports: the window of Storybook is bundled for the classic JSX runtime
import * as React from 'react'

export interface Column<Row> {
  readonly head: string
  readonly cell: (row: Row) => ReactNode
  readonly isNumber?: boolean
}

export interface TableProps<Row> {
  readonly caption: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => Key
  /** What to say instead of rows. */
  readonly empty: string
}

export function Table<Row>({ caption, columns, rows, keyOf, empty }: TableProps<Row>) {
  return (
    <table className="qw-dev-table">
      <caption>
        {caption} {rows.length > 0 && <span className="qw-dev-count">{rows.length}</span>}
      </caption>
      {rows.length > 0 && (
        <thead>
          <tr>
            {columns.map(({ head, isNumber }) => (
              <th key={head} scope="col" data-number={isNumber}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
      )}
      <tbody>
        {rows.length === 0 && (
          <tr>
            <td className="qw-dev-empty">{empty}</td>
          </tr>
        )}
        {rows.map((row) => (
          <tr key={keyOf(row)}>
            {columns.map(({ head, cell, isNumber }) => (
              <td key={head} data-number={isNumber}>
                {cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

export type Tone = 'good' | 'busy' | 'bad' | 'none'

export interface StateProps {
  readonly tone: Tone
  readonly children: ReactNode
  readonly reason?: string | undefined
}

/** A word with a light beside it; the word says it all, and stays whole. A reason may take several lines. */
export const State = ({ tone, children, reason }: StateProps) => (
  <>
    <span className="qw-dev-state" data-tone={tone}>
      {children}
      {reason && ':'}
    </span>
    {reason && ` ${reason}`}
  </>
)
