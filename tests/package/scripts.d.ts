declare module '*/scripts/sizes.mjs' {
  interface Limit {
    readonly path: string
    readonly limit: string
  }

  export function readLimits(): Promise<Limit[]>
  export function drawSizes(limits: readonly Limit[]): string
}
