declare module '*/scripts/storybookSite.mjs' {
  export interface StorybookSite {
    /** Ends with a slash. */
    readonly url: string
    close(): Promise<void>
  }

  export function startStorybook(): Promise<StorybookSite>
}
