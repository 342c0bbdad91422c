declare module '*/scripts/django.mjs' {
  export interface Django {
    readonly url: string
    readonly httpUrl: string
    readonly tokenUrl: string
    token(user: string, ttlSeconds?: number): Promise<string>
    createRoom(room: {
      /** Letters, digits, hyphen, underscore. */
      readonly id: string
      readonly name?: string
      readonly kind?: 'channel' | 'group' | 'direct'
      /** Usernames. @default ['alice', 'bob', 'carol'] */
      readonly members?: readonly string[]
      /** How many messages it starts with. @default 0 */
      readonly messages?: number
    }): Promise<{ id: string; seq: number }>
    prune(roomId: string, keep?: number): Promise<{ pruned: number }>
    kill(): Promise<void>
    restart(): Promise<void>
    stop(): Promise<void>
  }

  export function startDjango(options?: {
    readonly level?: 0 | 1 | 2 | 3
    readonly port?: number
    readonly dataFolder?: string
    readonly redisUrl?: string
    readonly databaseUrl?: string
    readonly log?: (line: string) => void
  }): Promise<Django>

  export const daphne: string
  export const pythonEnvironment: Readonly<Record<string, string>>
  export function databaseUrlOf(postgres: { readonly host: string }): string
  export const projectFolder: string
  export const testSecret: string
  /** The path of a Python that has everything. */
  export function findPython(log?: (line: string) => void): Promise<string>
  export function manage(
    python: string,
    args: readonly string[],
    options?: { readonly env?: Readonly<Record<string, string>>; readonly timeoutMs?: number },
  ): Promise<string>
}

declare module '*/scripts/processes.mjs' {
  import type { ChildProcess, SpawnOptions } from 'node:child_process'

  /** In a process group of its own. */
  export function start(command: readonly string[], options?: SpawnOptions): ChildProcess
  /** Removed by `remove`, and when this process exits before that. */
  export function temporaryFolder(name: string): { readonly path: string; remove(): void }
}
