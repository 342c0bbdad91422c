/** How a test reaches a back end, and how it makes the way there fail. */
import type { Environment } from '../../../src/transport/index.ts'

/** A way to the back end that a test cuts and mends; what does not use it stays connected. */
export interface Line {
  readonly url: string
  /** Ends every connection and refuses new ones. */
  cut(): void
  mend(): void
  /** From now on nothing that the server says arrives; what the client says still does. */
  silence(): void
  close(): Promise<void>
}

export interface Mount {
  readonly url: string
  readonly environment: Environment
  /** A way of its own to the same back end. */
  line(): Promise<Line>
  close(): Promise<void>
}
