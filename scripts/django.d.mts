export const projectFolder: string

export function findPython(log?: (line: string) => void): Promise<string>

export function manage(
  python: string,
  args: readonly string[],
  options?: { env?: Record<string, string>; timeoutMs?: number },
): Promise<string>

export interface DjangoRoom {
  /** Letters, digits, hyphen, underscore. */
  readonly id: string
  readonly name?: string
  readonly kind?: 'channel' | 'group' | 'direct'
  /** Usernames. @default ['alice', 'bob', 'carol'] */
  readonly members?: readonly string[]
  /** How many messages it starts with. @default 0 */
  readonly messages?: number
}

export interface Django {
  readonly url: string
  readonly httpUrl: string
  readonly tokenUrl: string
  token(user: string, ttlSeconds?: number): Promise<string>
  createRoom(room: DjangoRoom): Promise<{ id: string; seq: number }>
  prune(roomId: string, keep?: number): Promise<{ pruned: number }>
  kill(): Promise<void>
  restart(): Promise<void>
  stop(): Promise<void>
}

export function startDjango(options?: {
  level?: 0 | 1 | 2 | 3
  port?: number
  dataFolder?: string
  redisUrl?: string
  log?: (line: string) => void
}): Promise<Django>
