/** All that `src` may know of Node: what bundlers replace. Guarded by `typeof process`, because a browser has none. */
declare const process: { readonly env: Readonly<Record<string, string | undefined>> }
