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
}

declare module '*/scripts/processes.mjs' {
  /** Removed by `remove`, and when this process exits before that. */
  export function temporaryFolder(name: string): { readonly path: string; remove(): void }
}
