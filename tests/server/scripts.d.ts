declare module '*/scripts/databases.mjs' {
  /** @throws where it is not there and cannot be installed */
  export function findOrInstall(
    debianPackage: string,
    look: () => string | undefined,
    log: (line: string) => void,
  ): Promise<string>

  export interface Database {
    kill(): Promise<void>
    restart(): Promise<void>
    stop(): Promise<void>
  }

  /** `host`: the folder of its socket, for `user` and `database` `postgres`. */
  export function startPostgres(log?: (line: string) => void): Promise<Database & { readonly host: string }>

  /** `path`: its socket. Empty again after a restart. */
  export function startRedis(
    log?: (line: string) => void,
  ): Promise<Database & { readonly path: string; flush(): Promise<void> }>
}

declare module '*/scripts/nginx.mjs' {
  /** Its path. */
  export function findNginx(log?: (line: string) => void): Promise<string>
  /** Resolves with the configuration's path. `workers`: the ports behind it. */
  export function writeNginxConfig(
    folder: string,
    site: { readonly site: URL; readonly port: number; readonly workers?: readonly number[] },
  ): Promise<string>
}
