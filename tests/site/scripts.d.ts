declare module '*/site/links.mjs' {
  export function withLinks(text: string, rewrite: (target: string) => string): string
  export function linkedFile(
    root: string,
    from: string,
    target: string,
  ): { readonly file: string; readonly hash: string } | undefined
  export function pageOf(file: string): string
}
