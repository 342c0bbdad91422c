// biome-ignore-all lint/suspicious/noTsIgnore: expecting an error would be one where nothing is missing
/** Types of Node, which a project need not have. Where they are not installed these are `any`, and nothing breaks. */

/** @ts-ignore: for projects without the types of Node */
export type HttpServer = import('node:http').Server
/** @ts-ignore: likewise */
export type SqliteHandle = import('node:sqlite').DatabaseSync
/** @ts-ignore: likewise */
export type SqliteModule = typeof import('node:sqlite')
