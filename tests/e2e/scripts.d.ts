declare module '*/scripts/storybookSite.mjs' {
  export interface StorybookSite {
    /** Ends with a slash. */
    readonly url: string
    close(): Promise<void>
  }

  export function startStorybook(): Promise<StorybookSite>
}

declare module '*/scripts/demoApp.mjs' {
  export function buildDemo(): Promise<boolean>
  export function serveDemo(where: {
    readonly chatUrl: string
    readonly port: number
    readonly host?: string
  }): Promise<{ readonly url: string; close(): Promise<void> }>
}
