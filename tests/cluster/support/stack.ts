/** What a test of several machines is about, whatever runs on them. */
import type { Nginx } from './nginx.ts'
import type { RunningProgram } from './program.ts'

export interface Worker {
  readonly program: RunningProgram
  /** Straight to it, past nginx. */
  readonly url: string
}

/** A database or a bus that can be taken away. */
export interface Service {
  /** At once, as by a power cut. */
  kill(): Promise<void>
  start(): Promise<void>
}

/** The processes of a stack, and nginx in front of them. */
export interface Processes {
  /** Through nginx. */
  readonly url: string
  readonly endpoint: string
  readonly workers: readonly Worker[]
  readonly nginx: Nginx
  token(user: string): Promise<string>
  createRoom(id: string, members: readonly string[]): Promise<void>
  removeMember(roomId: string, user: string): Promise<void>
  /** For a burst: what carries events between processes holds no more than so many, if it has such a bound. */
  readonly smallCapacity?: Readonly<Record<string, string>>
  /** Variables with which a worker's clock is a minute ahead. */
  readonly clockAhead: Readonly<Record<string, string>>
  stop(): Promise<void>
}

export interface Stack extends Processes {
  readonly redis: Service & { flush(): Promise<void> }
  readonly postgres?: Service
  /** The table of messages cannot be used for so long. */
  lockMessages(ms: number): Promise<void>
}
